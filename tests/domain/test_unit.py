"""Units (单位): taking them in, naming them anew, closing them, and where a grid lies."""

from collections.abc import Callable

import pytest

from domain.errors import AlreadyClosed, NotYours, OutOfRange, PlaceClosed, UnknownGrid, UnknownUnit
from domain.unit import Amend, Kind, Place, Register, Unit, UnitAmended, UnitClosed, check_kind
from tests.domain import units
from tests.domain.given import NOON
from tests.domain.people import (
    COMMUNITY,
    COUNTY,
    GRID,
    PLACE,
    TOWN,
    Somebody,
    administrator,
    auditor,
    dispatcher,
    operator,
    other_supervisor,
    town_administrator,
    worker,
)

EVERYBODY_ELSE = (worker, dispatcher, auditor, other_supervisor)


def test_a_unit_knows_all_that_it_lies_in() -> None:
    assert units.grid().within == {Kind.COMMUNITY: COMMUNITY, Kind.TOWN: TOWN, Kind.COUNTY: COUNTY}


def test_whatever_else_the_source_said_is_kept() -> None:
    command = Register("220621100001", "东北社区", Kind.COMMUNITY, extra={"urban_rural": "121"})
    (event,) = Unit.register(command, units.town(), administrator, NOON).collect_events()
    assert getattr(event, "extra", None) == {"urban_rural": "121"}


def test_the_same_code_is_the_same_unit_everywhere() -> None:
    assert units.grid().id == Unit.id_of(GRID) == units.grid().id
    assert Unit.id_of(TOWN) != Unit.id_of(COUNTY)


@pytest.mark.parametrize("who", [administrator, operator, town_administrator])
def test_an_administrator_of_the_place_or_of_all_registers_units(who: Somebody) -> None:
    command = Register("220621100007", "新社区", Kind.COMMUNITY, TOWN)
    assert Unit.register(command, units.town(), who, NOON).name == "新社区"


@pytest.mark.parametrize("who", EVERYBODY_ELSE)
def test_nobody_else_registers_amends_or_closes_units(who: Somebody) -> None:
    with pytest.raises(NotYours, match="an administrator"):
        Unit.register(Register("220621100007", "新社区", Kind.COMMUNITY, TOWN), units.town(), who, NOON)
    unit = units.community()
    with pytest.raises(NotYours, match="an administrator"):
        unit.amend(Amend("新名"), who, NOON)
    with pytest.raises(NotYours, match="an administrator"):
        unit.close(who, NOON)
    assert unit == units.community()


def test_an_administrator_of_a_town_changes_nothing_outside_it() -> None:
    other = units.registered("220621101", Kind.TOWN, units.county())
    with pytest.raises(NotYours):
        Unit.register(Register("220621101001", "别处", Kind.COMMUNITY), other, town_administrator, NOON)
    with pytest.raises(NotYours):
        units.county().amend(Amend("别的县"), town_administrator, NOON)
    with pytest.raises(NotYours):
        other.close(town_administrator, NOON)


def test_a_unit_in_a_place_nobody_knows_is_registered_by_an_administrator_of_all_only() -> None:
    command = Register("999", "地方单位", Kind.TOWN, "998")
    assert Unit.register(command, None, administrator, NOON).parent == "998"
    with pytest.raises(NotYours):
        Unit.register(command, None, town_administrator, NOON)


@pytest.mark.parametrize(
    "command",
    [
        Register("", "无码", Kind.TOWN),
        Register("1" * 51, "长码", Kind.TOWN),
        Register("1", " ", Kind.TOWN),
        Register("1", "名" * 101, Kind.TOWN),
        Register("1", "名", Kind.TOWN, letters="F" * 21),
        Register("1", "名", Kind.TOWN, extra={"note": "x" * 2_001}),
        Register("1", "名\0", Kind.TOWN),
        Register("1", "名", Kind.TOWN, "9" * 51),
        Register("1", "名", Kind.TOWN, "9\0"),
    ],
)
def test_a_unit_needs_a_code_and_a_name_of_sensible_length(command: Register) -> None:
    with pytest.raises(OutOfRange):
        Unit.register(command, None, administrator, NOON)


@pytest.mark.parametrize("kind", [Kind.COMMUNITY, Kind.GRID])
@pytest.mark.parametrize("parent", [None, "998"])
def test_a_community_or_grid_whose_parent_is_not_known_is_refused(kind: Kind, parent: str | None) -> None:
    with pytest.raises(OutOfRange, match="register the parent first"):
        Unit.register(Register("999", "地方单位", kind, parent), None, administrator, NOON)


PLACES = [kind for kind in Kind if kind is not Kind.DEPARTMENT]


@pytest.mark.parametrize("parent", Kind)
@pytest.mark.parametrize("kind", Kind)
def test_a_place_lies_in_a_larger_one_and_a_department_in_a_town_or_county(kind: Kind, parent: Kind) -> None:
    if kind is Kind.DEPARTMENT:
        fits = parent in (Kind.TOWN, Kind.COUNTY)
    else:
        fits = parent in PLACES and PLACES.index(parent) < PLACES.index(kind)
    around = units.one_of_each()[parent]
    command = Register("999", "地方单位", kind, around.code)
    if fits:
        assert Unit.register(command, around, administrator, NOON).parent == around.code
    else:
        with pytest.raises(OutOfRange, match=f"parent is a {parent}, but a {kind} lies in"):
            Unit.register(command, around, administrator, NOON)


def test_a_unit_is_named_anew_from_now_on() -> None:
    unit = units.town(letters="FS")
    unit.amend(Amend("抚松新镇", "FX"), town_administrator, NOON)
    (event,) = unit.collect_events()
    assert isinstance(event, UnitAmended)
    assert (unit.name, unit.letters) == ("抚松新镇", "FX")


def test_a_unit_named_anew_keeps_its_letters_where_none_are_said() -> None:
    unit = units.town(letters="FS")
    unit.amend(Amend("抚松新镇"), town_administrator, NOON)
    assert (unit.name, unit.letters) == ("抚松新镇", "FS")


def test_a_unit_is_closed_once() -> None:
    unit = units.department()
    unit.close(town_administrator, NOON)
    (event,) = unit.collect_events()
    assert isinstance(event, UnitClosed)
    assert unit.closed
    with pytest.raises(AlreadyClosed, match="housing"):
        unit.close(town_administrator, NOON)
    assert not unit.pending_events


def test_a_closed_unit_takes_nothing_new() -> None:
    closed = units.community()
    closed.close(administrator, NOON)
    with pytest.raises(UnknownUnit, match=COMMUNITY):
        Unit.register(Register(GRID, "第一网格", Kind.GRID, COMMUNITY), closed, administrator, NOON)


def test_a_grid_is_a_place_in_a_community_a_town_and_a_county() -> None:
    assert units.grid(letters="FS").place([units.community(), units.town(letters="FS")]) == PLACE


@pytest.mark.parametrize(
    ("place", "series"),
    [
        (lambda: units.grid(letters="FS").place([units.town(letters="FS")]), "FS"),
        (lambda: units.grid().place([units.town()]), TOWN),
        (lambda: units.registered(GRID, Kind.GRID, units.county()).place([units.county()]), "WH"),
    ],
    ids=["the town's letters", "the town's code", "neither"],
)
def test_numbers_begin_with_the_towns_letters_or_else_its_code(
    place: Callable[[], Place], series: str
) -> None:
    assert place().series == series


@pytest.mark.parametrize("before", [None, "FS"])
def test_letters_that_a_town_is_given_later_reach_the_grids_in_it(before: str | None) -> None:
    town, grid = units.town(letters=before), units.grid(letters=before)
    town.amend(Amend("抚松镇", "FX"), administrator, NOON)
    assert grid.place([units.county(), town, units.community()]).series == "FX"


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.GRID])
def test_only_a_grid_is_a_place_for_a_ticket(kind: Kind) -> None:
    with pytest.raises(UnknownGrid):
        units.one_of_each()[kind].place([])


@pytest.mark.parametrize("kind", [Kind.GRID, Kind.COMMUNITY, Kind.TOWN, Kind.COUNTY])
def test_a_closed_grid_and_one_in_a_closed_place_take_no_ticket(kind: Kind) -> None:
    place = units.one_of_each()
    place[kind].close(administrator, NOON)
    grid = place.pop(Kind.GRID)
    with pytest.raises(
        PlaceClosed, match=f"for the grid {GRID}, as {({**place, Kind.GRID: grid})[kind].code} is"
    ):
        grid.place(place[each] for each in grid.within)


@pytest.mark.parametrize(
    ("said", "kind"),
    [("township", Kind.TOWN), ("street", Kind.TOWN), ("village", Kind.COMMUNITY), ("grid", Kind.GRID)],
)
def test_the_words_of_the_statistics_office_are_understood(said: str, kind: Kind) -> None:
    assert check_kind(said) is kind


def test_a_kind_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(OutOfRange, match=r"planet.*county, town, community, grid"):
        check_kind("planet")
