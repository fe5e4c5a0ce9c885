"""Every refusal, one class each; the docstring is the message.

The names between braces are the facts a refusal is raised with. A sentence says what is wrong and what
to do about it, and never holds personal data.
"""

from domain.refusal import Refusal

# Who may.


class NotSignedIn(Refusal):
    """Nobody is signed in: sign in first, the token may have expired."""


class WrongPassword(Refusal):
    """Account or password is wrong: check both and try again."""


class TooManyAttempts(Refusal):
    """Too many wrong passwords: wait {seconds} seconds, then try again."""


class TooOften(Refusal):
    """This was asked too often, from where you are or altogether: wait {minutes} minutes, then try again."""


class NotOpen(Refusal):
    """Residents cannot report here themselves: tell your grid worker or the community."""


class NotYours(Refusal):
    """Only {who} may {verb} here."""


class UnknownTicket(Refusal):
    """There is no ticket {ticket} that you may see: check the number, or ask whose it is."""


# When may.


class WrongStage(Refusal):
    """A ticket that is {stage} cannot be changed by {verb}: it must be {needed}."""


class TaskWrongStage(Refusal):
    """The task of {department} is {stage}, {verb} needs it {needed}."""


class NoTask(Refusal):
    """{department} has no task in this ticket: dispatch it there first."""


class NotPublished(Refusal):
    """This ticket does not stand on the echo wall: nothing was changed."""


class NoLink(Refusal):
    """This ticket has no secret link that works: nothing was changed."""


class AlreadyCalled(Refusal):
    """{department} already has a task in this ticket: leave it out."""


class NothingToDispatch(Refusal):
    """Every department named already has this ticket: name another one."""


class LeadCannotSendBack(Refusal):
    """{department} leads this ticket and cannot send it back: ask the dispatcher to name another lead."""


class RulingFinal(Refusal):
    """The dispatcher has ruled {often} on returns of {department}: that ruling is final."""


class OnHold(Refusal):
    """The task of {department} is on hold: have the dispatcher resume it first."""


class NotHeld(Refusal):
    """The task of {department} is not on hold: nothing was changed."""


class HeldBefore(Refusal):
    """The task of {department} was on hold {often}, and cannot be again: extend or dispatch anew."""


class AlreadyAsked(Refusal):
    """{department} has already asked for more time: wait for the dispatcher's decision."""


class NotAsked(Refusal):
    """{department} has not asked for more time, or no longer needs it: nothing was changed."""


class TooManyExtensions(Refusal):
    """The time of {department} was extended {often} already, which is as often as it can be."""


class RanOut(Refusal):
    """The time of {department} has run out: more time has to be asked for before that."""


class NotLate(Refusal):
    """The {clock} clock of {department} has not run out, so there is nothing to appeal against."""


class AlreadyAppealed(Refusal):
    """{department} has already appealed about its {clock} clock: the first decision stands."""


class NotAppealed(Refusal):
    """No appeal of {department} about its {clock} clock waits for a decision: nothing was changed."""


class NotWaitedFor(Refusal):
    """The ticket does not wait for {department} now: name {who}."""


class NoReplyDue(Refusal):
    """No reply of {department} is due: nothing was changed."""


class NothingDue(Refusal):
    """No step of the ladder is due for this ticket now: nothing was changed."""


class AlreadyAttended(Refusal):
    """{department} has already reported on site: note further visits as progress."""


class AlreadyAnswered(Refusal):
    """The answer for this handling is already given: reopen the ticket if something is wrong."""


class CannotJoin(Refusal):
    """Ticket {ticket} cannot be joined: {why}."""


class Conflict(Refusal):
    """Somebody else changed this at the same moment: read it again, then repeat."""


class VersionDiffers(Refusal):
    """The ticket is at version {version}, not {expected}: read it again, then decide."""


# What was asked.


class OutOfRange(Refusal):
    """{field} {why}."""


class UnknownGrid(Refusal):
    """There is no grid {grid}: choose one from /api/units?kind=grid."""


class PlaceClosed(Refusal):
    """Nothing new is taken in for the grid {grid}, as {closed} is closed: choose one that is in use."""


class NotSealed(Refusal):
    """The log is sealed up to {size} events and not further: ask for no more, or a second later."""


class UnknownUnit(Refusal):
    """There is no unit {unit} that is in use: choose one from /api/units."""


class UnknownDepartment(Refusal):
    """There is no department {department}: choose one from /api/units?kind=department."""


class UnknownCategory(Refusal):
    """There is no category {category}: choose one from /api/categories."""


class UnknownRule(Refusal):
    """The catalogue {catalogue} has no rule {rule}: choose one from /api/catalogue."""


class CatalogueKnown(Refusal):
    """The catalogue {catalogue} has these rules already: nothing was changed."""


class CatalogueExists(Refusal):
    """There is a catalogue {catalogue} with other rules or another day: give this one another name."""


class TermsKnown(Refusal):
    """The terms {terms} say this already: nothing was changed."""


class TermsExist(Refusal):
    """There are terms {terms} that say something else: give these another name."""


class UnknownYear(Refusal):
    """The calendar {calendar} lacks the year {year}: enter its notice with `whistle import calendar FILE`."""


class HoursKnown(Refusal):
    """{unit} works {hours} already: nothing was changed."""


class YearsKnown(Refusal):
    """The calendar {calendar} has all of these years as they are given: nothing was changed."""


class NoPhoto(Refusal):
    """This photo cannot be kept: {why}."""


class PhotoMissing(Refusal):
    """You did not upload the photo {photo}, or it waited too long: upload it, then name it."""


class UnknownPhoto(Refusal):
    """There is no photo {photo} that you may see: check its id, or ask whose ticket it is in."""


class TooManyPhotos(Refusal):
    """{waiting} photos that you uploaded are in no ticket yet: send the reports they are for, then go on."""


class WhichDepartment(Refusal):
    """You serve several departments of this ticket: say which one."""


class KeyReused(Refusal):
    """This idempotency key was used for another request: take a new one."""


class UnitExists(Refusal):
    """A unit with the code {unit} is already there: amend it, or take another code."""


class UnknownAccount(Refusal):
    """There is no account {account}: check its spelling."""


class AccountExists(Refusal):
    """An account {account} is already there: take another name."""


class UnknownReceiver(Refusal):
    """There is no receiver {receiver}: choose one from /api/receivers."""


class UnknownResident(Refusal):
    """We hold no personal data of such a resident: find them by their phone number or a ticket of theirs."""


class ReasonNeeded(Refusal):
    """Say why you look at personal data: a reason is asked once for each ticket, and recorded."""


class SecondNeeded(Refusal):
    """To {verb}, a second person has to sign for it: an administrator other than who asks."""


class ReceiverExists(Refusal):
    """A receiver {receiver} is already there: amend it, or take another code."""


class RoleUnfit(Refusal):
    """The role {role} belongs to a {needed}, and {unit} is none: choose a fitting unit."""


class NotGranted(Refusal):
    """{account} does not hold the role {role} for {unit}: nothing was changed."""


class AlreadyGranted(Refusal):
    """{account} already holds the role {role} for {unit}: nothing was changed."""


class AlreadyClosed(Refusal):
    """{what} is already closed: nothing was changed."""


class AlreadySo(Refusal):
    """{what} is {state} already: nothing was changed."""
