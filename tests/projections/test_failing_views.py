"""A view that fails stops where it is and says so, skips nothing, and the others go on."""

import asyncio
from collections.abc import Iterable
from secrets import token_hex
from typing import ClassVar

import psycopg
import pytest

from adapters.database import Database
from api.projector import VIEWS
from domain.ticket import Ticket
from projections.board import TICKET, Board
from projections.engine import Engine
from projections.fold import Damaged
from projections.rebuild import Outdated, rebuild
from projections.view import Row, Table, View
from tests.adapters.writing import a_report, row, wait_for
from tests.conftest import projecting
from tests.projections.agreement import caught_up, check_agreement
from tests.projections.writing import advance, head, lines, position, write, write_reports

OTHERS = [view for view in VIEWS if not isinstance(view, Board)]


class Fussy(Board):
    """A board that cannot take a ticket with a bad title."""

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """As the board, but for such titles."""
        if history.title == "坏":
            raise ValueError(history.title)
        return super().rows(history)


class FussyVersion(Fussy):
    """The same as a new version."""

    version: ClassVar[int] = Board.version + 1


class Newer(Board):
    """A new version of the board that says something else."""

    version: ClassVar[int] = Board.version + 1

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """All stages in capital letters."""
        for table, line in super().rows(history):
            if table is TICKET:
                yield table, (*line[:4], str(line[4]).upper(), *line[5:])
            else:
                yield table, line


class Wrong(Board):
    """A board whose rows the database refuses."""

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """A version that is no number."""
        for table, line in super().rows(history):
            bad = table is TICKET and history.title == "坏"
            yield table, ((line[0], "none", *line[2:]) if bad else line)


class Wide(Board):
    """A board that says more than an index of the database can hold, which the driver calls operational."""

    def rows(self, history: Ticket) -> Iterable[tuple[Table, Row]]:
        """A number of some thousand characters at random."""
        for table, line in super().rows(history):
            bad = table is TICKET and history.title == "坏"
            yield table, ((*line[:2], token_hex(5_000), *line[3:]) if bad else line)


def write_bad(database: Database) -> int:
    """A ticket that the fussy cannot take, with good ones around it; gives its position."""
    bad = a_report()
    vars(bad.first)["title"] = "坏"
    write_reports(database, 3)
    before = head(database)
    asyncio.run(write(database, [bad]))
    write_reports(database, 3)
    return before + 1


def standing(database: Database) -> dict[str, tuple[int, str | None]]:
    """Position and error of each view."""
    with psycopg.connect(database.owner) as conn:
        rows = conn.execute("SELECT name, position, error FROM views.view").fetchall()
    return {name: (position, error) for name, position, error in rows}


@pytest.mark.parametrize(
    "failing", [Fussy(), Wrong(), Wide()], ids=["in Python", "in the database", "in an index"]
)
def test_a_failing_view_stops_and_says_so_while_the_others_go_on(database: Database, failing: View) -> None:
    before = position(database)
    bad = write_bad(database)
    advance(database, views=[*OTHERS, failing])
    write_reports(database, 5)
    advance_what_goes(database, [*OTHERS, failing])
    found = standing(database)
    stopped_at, error = found.pop("board")
    assert before <= stopped_at < bad
    assert error is not None
    assert lines(database) <= 3, "Something after the failure was let in."
    assert set(found.values()) == {(head(database), None)}


def advance_what_goes(database: Database, views: list[View]) -> None:
    """As a running engine goes on: without a restart, which would try the failed one again."""
    engine = Engine(database.service, views)
    with psycopg.connect(database.service, autocommit=True, options="-c search_path=views") as conn:
        while engine.advance(conn):
            pass


def test_a_view_that_stopped_says_nothing_of_what_people_wrote(database: Database) -> None:
    write_bad(database)
    advance(database, views=[*OTHERS, Fussy()])
    _, error = standing(database)["board"]
    assert error is not None
    assert "坏" not in error


def test_a_stopped_view_goes_on_after_a_restart_with_mended_code(database: Database) -> None:
    write_bad(database)
    advance(database, views=[*OTHERS, Fussy()])
    with projecting(database):
        wait_for(lambda: caught_up(database))
    assert lines(database) == 7
    check_agreement(database)


def test_a_restart_with_the_same_code_stops_at_the_same_place(database: Database) -> None:
    write_bad(database)
    advance(database, views=[*OTHERS, Fussy()])
    before = standing(database)
    advance(database, views=[*OTHERS, Fussy()])
    assert standing(database) == before


def test_a_new_version_is_built_anew_and_goes_on(database: Database) -> None:
    write_reports(database, 3)
    advance(database)
    assert stages(database) == {"reported"}
    advance(database, views=[*OTHERS, Newer()])
    write_reports(database, 2)
    advance(database, views=[*OTHERS, Newer()])
    assert stages(database) == {"REPORTED"}
    assert lines(database) == 5
    assert row(database, "SELECT version FROM views.view WHERE name = 'board'") == (Newer.version,)


def stages(database: Database) -> set[str]:
    """The stages that the board shows."""
    with psycopg.connect(database.owner) as conn:
        return {stage for (stage,) in conn.execute("SELECT stage FROM views.board_ticket")}


def test_a_new_version_that_cannot_be_built_leaves_the_old_one_standing_and_the_others_going(
    database: Database,
) -> None:
    write_bad(database)
    advance(database)
    before = lines(database)
    write_reports(database, 2)
    advance(database, views=[*OTHERS, FussyVersion()])
    found = standing(database)
    _, error = found.pop("board")
    assert lines(database) == before
    assert error is not None, "It does not say that it could not be built."
    assert set(found.values()) == {(head(database), None)}


def test_an_older_program_leaves_alone_what_a_newer_one_built(database: Database) -> None:
    write_reports(database, 3)
    advance(database, views=[*OTHERS, Newer()])
    write_reports(database, 2)
    advance(database)
    assert stages(database) == {"REPORTED"}
    assert lines(database) == 3
    with pytest.raises(Outdated, match="board"):
        rebuild(database.service, VIEWS)
    assert lines(database) == 3
    advance(database, views=[*OTHERS, Newer()])
    assert lines(database) == 5


def make_a_gap(database: Database, position: int) -> None:
    """Damage the log as nobody can by mistake."""
    with psycopg.connect(database.owner) as conn:
        conn.execute("ALTER TABLE log.events DISABLE TRIGGER events_are_kept")
        conn.execute("DELETE FROM log.events WHERE position = %s", [position])
        conn.execute("ALTER TABLE log.events ENABLE TRIGGER events_are_kept")


@pytest.mark.parametrize("nth", [1, 4, 7], ids=["first", "middle", "last but one"])
def test_a_gap_in_the_log_stops_all_views_as_damage(database: Database, nth: int) -> None:
    before = head(database)
    write_reports(database, 8)
    make_a_gap(database, before + nth)
    advance(database)
    write_reports(database, 2)
    advance_what_goes(database, list(VIEWS))
    for stopped_at, error in standing(database).values():
        assert stopped_at < before + nth
        assert error is not None
        assert Damaged.__name__ in error


def test_the_newest_event_missing_is_damage_too(database: Database) -> None:
    write_reports(database, 8)
    make_a_gap(database, head(database))
    advance(database)
    for stopped_at, error in standing(database).values():
        assert stopped_at < head(database)
        assert error is not None
        assert Damaged.__name__ in error


def test_a_damaged_log_is_not_rebuilt_from_as_if_it_were_whole(database: Database) -> None:
    write_reports(database, 8)
    advance(database)
    before = lines(database)
    make_a_gap(database, head(database) - 3)
    with pytest.raises(Damaged):
        rebuild(database.service, VIEWS)
    assert lines(database) == before
