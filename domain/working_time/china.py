"""The holidays and make-up working days of China that come with the program (节假日安排).

Typed from the notices of the General Office of the State Council; later years are entered as data.
"""

from datetime import date, timedelta
from itertools import chain

from domain.working_time.year import Day, Year

NAME = "china"


def _off(name: str, first: date, days: int) -> list[Day]:
    return [Day(first + timedelta(days=nth), name, True) for nth in range(days)]


def _worked(name: str, *days: date) -> list[Day]:
    return [Day(day, name, False) for day in days]


def _year(year: int, paper: str, *days: list[Day]) -> Year:
    return Year(year, (paper,), tuple(sorted(chain(*days), key=lambda day: day.date)))


YEARS = (
    _year(
        2025,
        "国办发明电〔2024〕12号",
        _off("元旦", date(2025, 1, 1), 1),
        _off("春节", date(2025, 1, 28), 8),
        _worked("春节", date(2025, 1, 26), date(2025, 2, 8)),
        _off("清明节", date(2025, 4, 4), 3),
        _off("劳动节", date(2025, 5, 1), 5),
        _worked("劳动节", date(2025, 4, 27)),
        _off("端午节", date(2025, 5, 31), 3),
        _off("国庆节、中秋节", date(2025, 10, 1), 8),
        _worked("国庆节、中秋节", date(2025, 9, 28), date(2025, 10, 11)),
    ),
    _year(
        2026,
        "国办发明电〔2025〕7号",
        _off("元旦", date(2026, 1, 1), 3),
        _worked("元旦", date(2026, 1, 4)),
        _off("春节", date(2026, 2, 15), 9),
        _worked("春节", date(2026, 2, 14), date(2026, 2, 28)),
        _off("清明节", date(2026, 4, 4), 3),
        _off("劳动节", date(2026, 5, 1), 5),
        _worked("劳动节", date(2026, 5, 9)),
        _off("端午节", date(2026, 6, 19), 3),
        _off("中秋节", date(2026, 9, 25), 3),
        _off("国庆节", date(2026, 10, 1), 7),
        _worked("国庆节", date(2026, 9, 20), date(2026, 10, 10)),
    ),
)
