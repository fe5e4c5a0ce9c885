"""Taking in places and departments (单位): the larger ones first, and doing it again changes nothing."""

from functools import partial

from api.importing.row import Row
from api.importing.table import Outcome, must_have, read_table
from api.service import Service
from domain.actors import Person
from domain.errors import OutOfRange
from domain.refusal import Refusal
from domain.unit import Amend, Kind, Register, Unit, check_kind

COLUMNS = ("code", "name", "parent", "level", "letters", "closed")
NEEDED = ("code", "name", "level")
YES = ("yes", "true", "1", "是")


def read_units(named: str, content: bytes) -> list[Row]:
    """The rows of a table of units. Raises `BadTable` where it is none."""
    names, rows = read_table(named, content)
    for wanted in NEEDED:
        must_have(named, wanted, names)
    return rows


async def take_units(service: Service, rows: list[Row], outcome: Outcome, by: Person) -> None:
    """Register what is new, give what is known its name, close what is said to be closed."""
    by_kind: dict[Kind, list[Row]] = {}
    for row in rows:
        try:
            by_kind.setdefault(check_kind(row["level"].strip()), []).append(row)
        except Refusal as refusal:
            outcome.refused.append((row, refusal))
    for kind in Kind:
        await outcome.take(by_kind.get(kind, []), partial(_unit, service, kind, outcome, by))


async def _unit(service: Service, kind: Kind, outcome: Outcome, by: Person, row: Row) -> None:
    store = service.store
    parent_code = row.get("parent", "").strip() or None
    parent = await store.find(Unit, Unit.id_of(parent_code)) if parent_code else None
    extra = {name: value for name, value in row.items() if name not in COLUMNS and value}
    letters = row.get("letters", "").strip() or None
    command = Register(row["code"].strip(), row["name"].strip(), kind, parent_code, letters, extra)
    closed = row.get("closed", "").strip().lower() in YES
    known = await store.find(Unit, Unit.id_of(command.code))
    if known is None:
        made = Unit.register(command, parent, by=by, at=store.now())
        if closed:
            made.close(by=by, at=store.now())
        await store.create(made)
        outcome.taken += 1
    elif known.kind is not kind or known.parent != parent_code:
        raise OutOfRange(field="code", why=f"is taken by another unit, {known.name}: use another code")
    else:
        id, renamed, closes = known.id, known.name != command.name, closed and not known.closed
        if renamed:
            await store.change(Unit, id, Unit.amend, Amend(command.name, command.letters), by=by)
        if closes:
            await store.change(Unit, id, Unit.close, by=by)
        outcome.amended += renamed or closes
        outcome.known += not (renamed or closes)
