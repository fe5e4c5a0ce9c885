"""Accounts and who gave whom which right (账号与授权); passwords are kept elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from domain.actors import Actor, Assignment, Person, Role
from domain.consent import consented
from domain.errors import (
    AlreadyClosed,
    AlreadyGranted,
    AlreadySo,
    NotGranted,
    OutOfRange,
    RoleUnfit,
    SecondNeeded,
    UnknownAccount,
)
from domain.event import Aggregate, Created, Event, id_of
from domain.text import NAME, check_text
from domain.unit import Kind, Unit, administrator

HELD_FOR: dict[Role, tuple[Kind, ...]] = {
    Role.GRID_WORKER: (Kind.GRID,),
    Role.SORTER: (Kind.COMMUNITY,),
    Role.DISPATCHER: (Kind.TOWN,),
    Role.HANDLER: (Kind.DEPARTMENT,),
    Role.SUPERVISOR: (Kind.TOWN, Kind.COUNTY),
    Role.AUDITOR: (Kind.TOWN, Kind.COUNTY),
    Role.ADMINISTRATOR: (Kind.TOWN, Kind.COUNTY),
}
"""Which kind of unit each role that can be granted is held for."""

RESERVED = ("resident", "operator", "clock")
"""Names that events give to those who act without an account."""

FOR_ALL = (Role.AUDITOR, Role.ADMINISTRATOR)
"""Roles that may also be held for everything, with an empty unit."""
WITNESSED = (Role.AUDITOR, Role.ADMINISTRATOR)
"""Roles that no administrator gives, or sets the password of, without a second: these sign or read all."""


@dataclass(frozen=True)
class Open:
    """Ask for an account."""

    account: str
    name: str


@dataclass(frozen=True)
class Grant:
    """Ask that an account may act in a role for a unit."""

    role: Role
    unit: str


@dataclass(frozen=True)
class Revoke:
    """Ask that an account may no longer act in a role for a unit."""

    role: Role
    unit: str


class AccountOpened(Created):
    """An account was opened (开户)."""

    TOPIC: ClassVar[str] = "account.opened"
    account: str
    name: str


class RoleGranted(Event):
    """A right was given (授权)."""

    TOPIC: ClassVar[str] = "account.role_granted"
    class_version: ClassVar[int] = 2
    role: Role
    unit: str
    consent: str | None = None
    """The account that signed for it, where four eyes were needed."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Nobody had to sign then."""
        state["consent"] = None

    def apply(self, account: "Account") -> None:
        account.roles = (*account.roles, Assignment(self.role, self.unit))


class RoleRevoked(Event):
    """A right was taken back (收回授权)."""

    TOPIC: ClassVar[str] = "account.role_revoked"
    role: Role
    unit: str

    def apply(self, account: "Account") -> None:
        gone = Assignment(self.role, self.unit)
        account.roles = tuple(held for held in account.roles if held != gone)


class PasswordChanged(Event):
    """The password is another one from now on (改密); the log never holds it, nor its hash."""

    TOPIC: ClassVar[str] = "account.password_changed"
    class_version: ClassVar[int] = 2
    consent: str | None = None
    """The account that signed for it, where the password of another administrator or an auditor was set."""

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Nobody had to sign then."""
        state["consent"] = None


class AccountClosed(Event):
    """Nobody signs in with this account any more (销户)."""

    TOPIC: ClassVar[str] = "account.closed"

    def apply(self, account: "Account") -> None:
        account.closed = True


class AccountReopened(Event):
    """Whoever holds this account signs in with it again (复用), in the roles it held."""

    TOPIC: ClassVar[str] = "account.reopened"

    def apply(self, account: "Account") -> None:
        account.closed = False


class SignedOut(Event):
    """All sessions of this account were ended by somebody else (强制下线); its holder may sign in again."""

    TOPIC: ClassVar[str] = "account.signed_out"


class Account(Aggregate):
    """Somebody who can sign in."""

    TOPIC: ClassVar[str] = "account"

    account: str
    name: str
    roles: tuple[Assignment, ...] = field(default=(), init=False)
    closed: bool = field(default=False, init=False)

    @staticmethod
    def id_of(account: str) -> UUID:
        """The id of the account with this name."""
        return id_of("account", account)

    @classmethod
    def unknown(cls, id: UUID) -> UnknownAccount:
        """That there is no such account."""
        return UnknownAccount(account=id)

    @classmethod
    def open(cls, command: Open, by: Person, at: datetime) -> Self:
        """Open an account that holds no role yet."""
        actor = administrator(by, "open accounts")
        check_text("account", command.account, 50)
        if command.account in RESERVED:
            raise OutOfRange(field="account", why="is a name of the service itself: take another one")
        if not command.account.isprintable() or " " in command.account or ":" in command.account:
            raise OutOfRange(field="account", why="holds blanks or signs: use letters and digits")
        check_text("name", command.name, NAME)
        return cls._begin(
            AccountOpened,
            cls.id_of(command.account),
            actor,
            at,
            account=command.account,
            name=command.name,
        )

    def grant(
        self, command: Grant, unit: Unit | None, by: Person, at: datetime, second: Person | None = None
    ) -> None:
        """Let the account act in a role for `unit`, or for everything where that is None.

        Nobody grants a role to themselves without a `second` administrator's consent, nor makes another
        administrator or auditor: who could, would sign for themselves, or read all, with that account.
        """
        actor = administrator(by, "grant roles", *_around(unit))
        self._must_be_open()
        needed = HELD_FOR.get(command.role, ())
        fits = command.role in FOR_ALL if unit is None else unit.kind in needed and not unit.closed
        if not fits:
            raise RoleUnfit(
                role=command.role,
                needed=" or ".join(needed) or "secret link",
                unit=command.unit or "the whole",
            )
        if Assignment(command.role, command.unit) in self.roles:
            raise AlreadyGranted(account=self.account, role=command.role, unit=command.unit)
        consent = None
        if by.account == self.account:
            consent = consented(by, second, "grant a role to yourself", *_around(unit))
        elif command.role in WITNESSED and actor.role is not Role.OPERATOR:
            consent = consented(by, second, "make somebody an administrator or auditor", *_around(unit))
        held_for = unit.code if unit else ""
        self._record(RoleGranted, actor, at, role=command.role, unit=held_for, consent=consent)

    def revoke(self, command: Revoke, unit: Unit | None, by: Person, at: datetime) -> None:
        """Let the account no longer act in a role for `unit`."""
        actor = administrator(by, "revoke roles", *_around(unit))
        if Assignment(command.role, command.unit) not in self.roles:
            raise NotGranted(account=self.account, role=command.role, unit=command.unit)
        self._record(RoleRevoked, actor, at, role=command.role, unit=command.unit)

    def change_password(self, by: Person, at: datetime, second: Person | None = None) -> None:
        """Note that the password was changed, by the holder or by an administrator.

        That of another administrator or an auditor needs a `second` administrator's consent: whoever sets it
        can sign, or read all, as its holder.
        """
        consent = None
        if by.account == self.account:
            actor = Actor(by.account, Role.HOLDER, "")
        else:
            actor = administrator(by, "change the passwords of others")
        self._must_be_open()
        if actor.role is Role.ADMINISTRATOR and any(held.role in WITNESSED for held in self.roles):
            verb = "set the password of an administrator or auditor"
            consent = consented(by, second, verb)
            if consent == self.account:
                raise SecondNeeded(verb=verb)
        self._record(PasswordChanged, actor, at, consent=consent)

    def close(self, by: Person, at: datetime) -> None:
        """Let nobody sign in with this account any more."""
        actor = administrator(by, "close accounts")
        self._must_be_open()
        self._record(AccountClosed, actor, at)

    def reopen(self, by: Person, at: datetime) -> None:
        """Let whoever holds this account sign in again, in the roles it held."""
        actor = administrator(by, "reopen accounts")
        if not self.closed:
            raise AlreadySo(what=f"The account {self.account}", state="in use")
        self._record(AccountReopened, actor, at)

    def sign_out(self, by: Person, at: datetime) -> None:
        """Note that all its sessions were ended, as when a phone was lost."""
        actor = administrator(by, "sign others out")
        self._must_be_open()
        self._record(SignedOut, actor, at)

    def person(self) -> Person:
        """Whoever is signed in with this account, with the roles held now."""
        return Person(self.account, () if self.closed else self.roles)

    def _must_be_open(self) -> None:
        if self.closed:
            raise AlreadyClosed(what=f"The account {self.account}")


def _around(unit: Unit | None) -> tuple[str, ...]:
    return () if unit is None else (unit.code, *unit.within.values())
