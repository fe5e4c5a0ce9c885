"""What a report must be like."""

from domain.catalogue.version import Version
from domain.errors import OutOfRange
from domain.text import DESCRIPTION, TITLE, check_optional_text, check_photos, check_text
from domain.ticket.commands import Report


def check_report(command: Report, rules: Version) -> None:
    """Refuse a report with a text too long, a place not on earth, or a category that the rules lack."""
    check_text("title", command.title, TITLE)
    check_text("description", command.description, DESCRIPTION)
    check_optional_text("address", command.address)
    if command.category is not None:
        rules.check(command.category)
    if command.handled is not None:
        check_text("handled", command.handled)
    if command.reporter is not None:
        check_optional_text("reporter.name", command.reporter.name)
        check_optional_text("reporter.phone", command.reporter.phone)
    where = command.location
    if where and not (-180 <= where.longitude <= 180 and -90 <= where.latitude <= 90):
        raise OutOfRange(field="location", why="is not on the earth: give degrees of WGS-84")
    check_photos(command.photos)
    check_photos(command.photos_after)
    if command.photos_after and command.handled is None:
        raise OutOfRange(field="photos_after", why="show what was done on the spot: say it in handled")
