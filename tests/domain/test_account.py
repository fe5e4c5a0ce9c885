"""Accounts: who may act in which role for which unit (授权), and who gave them that right."""

from collections.abc import Callable
from itertools import product

import pytest

from domain.account import (
    Account,
    AccountClosed,
    Grant,
    Open,
    PasswordChanged,
    Revoke,
    RoleGranted,
    RoleRevoked,
    SignedOut,
)
from domain.actors import Assignment, Person, Role
from domain.errors import (
    AlreadyClosed,
    AlreadyGranted,
    AlreadySo,
    NotGranted,
    NotYours,
    OutOfRange,
    RoleUnfit,
    SecondNeeded,
)
from domain.event import Event
from domain.unit import Kind, Unit
from tests.domain import units
from tests.domain.given import NOON
from tests.domain.people import (
    GRID,
    TOWN,
    Somebody,
    administrator,
    auditor,
    dispatcher,
    nobody,
    operator,
    second,
    somebody,
    supervisor,
    town_administrator,
    worker,
)

BELONGS_TO: dict[Role, set[Kind | None]] = {
    Role.GRID_WORKER: {Kind.GRID},
    Role.SORTER: {Kind.COMMUNITY},
    Role.DISPATCHER: {Kind.TOWN},
    Role.HANDLER: {Kind.DEPARTMENT},
    Role.SUPERVISOR: {Kind.TOWN, Kind.COUNTY},
    Role.AUDITOR: {Kind.TOWN, Kind.COUNTY, None},
    Role.ADMINISTRATOR: {Kind.TOWN, Kind.COUNTY, None},
    Role.RESIDENT: set(),
    Role.HOLDER: set(),
    Role.OPERATOR: set(),
    Role.CLOCK: set(),
}
"""Which kind of unit a role belongs to, None being all of them, written down from the practice."""
A_WORKER = Grant(Role.GRID_WORKER, GRID)
NOT_ADMINISTRATORS = (worker, dispatcher, supervisor, auditor, nobody)


def opened(*granted: Grant) -> Account:
    """An account with these roles, its history collected."""
    account = Account.open(Open("li", "李梅"), administrator, NOON)
    for grant in granted:
        account.grant(grant, unit_of(grant.unit), operator, NOON)
    account.collect_events()
    return account


def unit_of(code: str) -> Unit | None:
    """The unit with this code."""
    return next((unit for unit in units.one_of_each().values() if unit.code == code), None)


def the_event(account: Account) -> Event:
    """The one thing that has newly happened to an account."""
    (event,) = account.collect_events()
    assert isinstance(event, Event)
    return event


@pytest.mark.parametrize("who", [administrator, operator])
def test_an_account_opens_without_any_role(who: Somebody) -> None:
    account = Account.open(Open("li", "李梅"), who, NOON)
    assert account.person() == Person("li", ())
    assert account.id == Account.id_of("li")


@pytest.mark.parametrize("who", [*NOT_ADMINISTRATORS, town_administrator])
def test_only_an_administrator_of_all_opens_and_closes_accounts(who: Somebody) -> None:
    with pytest.raises(NotYours, match="an administrator"):
        Account.open(Open("li", "李梅"), who, NOON)
    account = opened()
    with pytest.raises(NotYours, match="an administrator"):
        account.close(who, NOON)
    assert account == opened()


@pytest.mark.parametrize("name", ["", " ", "li mei", "li\n", "li\0", "李\u3000梅", "l" * 51])
def test_an_account_is_named_with_letters_and_digits(name: str) -> None:
    with pytest.raises(OutOfRange, match="account"):
        Account.open(Open(name, "李梅"), administrator, NOON)


@pytest.mark.parametrize("name", ["", "梅" * 101, "李\ud800"])
def test_an_account_needs_the_name_of_somebody(name: str) -> None:
    with pytest.raises(OutOfRange, match="name"):
        Account.open(Open("li", name), administrator, NOON)


@pytest.mark.parametrize(("role", "kind"), list(product(Role, [*Kind, None])))
def test_a_role_is_given_for_the_kind_of_unit_it_belongs_to(role: Role, kind: Kind | None) -> None:
    unit = None if kind is None else units.one_of_each()[kind]
    grant = Grant(role, unit.code if unit else "")
    account = opened()
    if kind in BELONGS_TO[role]:
        account.grant(grant, unit, administrator, NOON, second)
        assert isinstance(the_event(account), RoleGranted)
        assert account.person().roles == (Assignment(role, grant.unit),)
    else:
        with pytest.raises(RoleUnfit, match=role):
            account.grant(grant, unit, administrator, NOON, second)
        assert account == opened()


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
@pytest.mark.parametrize("signs", [None, administrator, town_administrator, auditor, nobody])
def test_an_administrator_or_auditor_is_made_by_two_or_at_the_machine(
    signs: Somebody | None, role: Role
) -> None:
    account, grant = opened(), Grant(role, "")
    with pytest.raises((SecondNeeded, NotYours)):
        account.grant(grant, None, administrator, NOON, signs)
    assert account == opened()
    account.grant(grant, None, operator, NOON)
    assert account.person().roles == (Assignment(role, ""),)


def test_an_administrators_password_is_set_by_its_holder_by_two_others_or_at_the_machine() -> None:
    account = opened()
    account.grant(Grant(Role.ADMINISTRATOR, ""), None, operator, NOON)
    account.collect_events()
    for signs in (None, administrator, account.person()):
        with pytest.raises(SecondNeeded):
            account.change_password(administrator, NOON, signs)
    assert not account.pending_events
    for by, signs in ((account.person(), None), (operator, None), (administrator, second)):
        account.change_password(by, NOON, signs)
        changed = the_event(account)
        assert isinstance(changed, PasswordChanged)
        assert changed.consent == (signs and signs.account)
        account.collect_events()


@pytest.mark.parametrize("who", NOT_ADMINISTRATORS)
def test_only_an_administrator_gives_and_takes_rights(who: Somebody) -> None:
    account = opened(A_WORKER)
    with pytest.raises(NotYours, match="an administrator"):
        account.grant(Grant(Role.DISPATCHER, TOWN), units.town(), who, NOON)
    with pytest.raises(NotYours, match="an administrator"):
        account.revoke(Revoke(Role.GRID_WORKER, GRID), units.grid(), who, NOON)
    assert account == opened(A_WORKER)


def test_an_administrator_of_a_town_gives_and_takes_rights_in_it() -> None:
    account = opened()
    account.grant(A_WORKER, units.grid(), town_administrator, NOON)
    account.grant(Grant(Role.DISPATCHER, TOWN), units.town(), town_administrator, NOON)
    account.revoke(Revoke(Role.GRID_WORKER, GRID), units.grid(), town_administrator, NOON)
    assert account.person().roles == (Assignment(Role.DISPATCHER, TOWN),)


def test_an_administrator_of_a_town_gives_no_right_above_or_beside_it() -> None:
    county, neighbour = units.county(), units.registered("220621101", Kind.TOWN, units.county())
    for unit in (county, neighbour, None):
        grant = Grant(Role.AUDITOR, unit.code if unit else "")
        with pytest.raises(NotYours):
            opened().grant(grant, unit, town_administrator, NOON)


def test_a_closed_unit_is_nobodys_to_act_for() -> None:
    grid = units.grid()
    grid.close(administrator, NOON)
    with pytest.raises(RoleUnfit):
        opened().grant(A_WORKER, grid, administrator, NOON)


def test_a_right_is_given_once_and_taken_once() -> None:
    account = opened(A_WORKER)
    with pytest.raises(AlreadyGranted):
        account.grant(A_WORKER, units.grid(), administrator, NOON)
    account.revoke(Revoke(Role.GRID_WORKER, GRID), units.grid(), administrator, NOON)
    assert isinstance(the_event(account), RoleRevoked)
    with pytest.raises(NotGranted):
        account.revoke(Revoke(Role.GRID_WORKER, GRID), units.grid(), administrator, NOON)
    assert account.person().roles == ()


def test_a_right_taken_back_leaves_the_others() -> None:
    account = opened(A_WORKER, Grant(Role.AUDITOR, ""), Grant(Role.HANDLER, "housing"))
    account.revoke(Revoke(Role.AUDITOR, ""), None, administrator, NOON)
    assert [held.role for held in account.person().roles] == [Role.GRID_WORKER, Role.HANDLER]


def test_who_gave_the_right_stands_in_the_history() -> None:
    account = opened()
    account.grant(A_WORKER, units.grid(), town_administrator, NOON)
    by = the_event(account).by
    assert (by.account, by.role, by.unit) == ("town-admin", Role.ADMINISTRATOR, TOWN)


@pytest.mark.parametrize("who", [somebody("li", (Role.GRID_WORKER, GRID)), administrator, operator])
def test_a_password_is_changed_by_its_holder_or_an_administrator(who: Somebody) -> None:
    account = opened(A_WORKER)
    account.change_password(who, NOON)
    assert isinstance(the_event(account), PasswordChanged)


@pytest.mark.parametrize("who", NOT_ADMINISTRATORS)
def test_nobody_else_changes_a_password(who: Somebody) -> None:
    with pytest.raises(NotYours, match="an administrator"):
        opened(A_WORKER).change_password(who, NOON)


def test_a_closed_account_holds_no_role_and_changes_no_more() -> None:
    account = opened(A_WORKER)
    account.close(administrator, NOON)
    assert isinstance(the_event(account), AccountClosed)
    assert account.person() == Person("li", ())
    changes: list[Callable[[], None]] = [
        lambda: account.close(administrator, NOON),
        lambda: account.change_password(administrator, NOON),
        lambda: account.grant(Grant(Role.AUDITOR, ""), None, administrator, NOON),
    ]
    for change in changes:
        with pytest.raises(AlreadyClosed, match="The account li"):
            change()
    assert not account.pending_events


def test_a_reopened_account_holds_the_roles_it_held() -> None:
    account = opened(A_WORKER)
    held = account.person()
    with pytest.raises(AlreadySo, match="The account li is in use already"):
        account.reopen(administrator, NOON)
    account.close(administrator, NOON)
    with pytest.raises(NotYours):
        account.reopen(auditor, NOON)
    account.reopen(administrator, NOON)
    assert account.person() == held


@pytest.mark.parametrize("who", NOT_ADMINISTRATORS)
def test_only_an_administrator_signs_others_out(who: Somebody) -> None:
    account = opened(A_WORKER)
    with pytest.raises(NotYours, match="an administrator"):
        account.sign_out(who, NOON)
    account.sign_out(administrator, NOON)
    assert isinstance(the_event(account), SignedOut)
