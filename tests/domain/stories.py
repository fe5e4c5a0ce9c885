"""What has often happened before the one act a test is about."""

from domain.ticket.commands import Claim, Dispatch, Handle, Report, Sort, Verify
from domain.ticket.stage import Solved, Urgency
from tests.domain.people import GRID, Somebody, Step, dispatcher, sorter, worker

REPORT = Report("路灯不亮", "三号楼前的路灯不亮", GRID)
ON_SITE = Report("路灯不亮", "三号楼前的路灯不亮", GRID, handled="换了灯泡")
SORT = Sort("street_light", Urgency.ORDINARY)
KEEP = Sort("street_light", Urgency.ORDINARY, keep=True)
HANDLE = Handle("已修好")
SOLVED = Verify(Solved.SOLVED)
PARTLY = Verify(Solved.PARTLY)
NOT_SOLVED = Verify(Solved.NOT_SOLVED)

SORTED = (worker(REPORT), sorter(SORT))


def called(*assisting: str) -> tuple[Step, ...]:
    """Housing leads, these others assist."""
    return (*SORTED, dispatcher(Dispatch("housing", assisting)))


def done(*departments: Somebody) -> tuple[Step, ...]:
    """Each of these has claimed and handled its task."""
    return tuple(does(asked) for does in departments for asked in (Claim(), HANDLE))
