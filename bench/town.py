"""A town of any size: a log of realistic lives, written straight into the database.

Some thousand lives are led by the domain's own verbs and kept as encoded states with gaps for what differs
(id, number, texts, times). Every ticket is one of them, moved to its own moment of the last 365 days, and the
events of all tickets lie in the log in the order of time, as if the town had worked with it for a year.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

import psycopg

from adapters.event_store import new_id
from adapters.mapper import EventMapper
from api.demonstration.lives import Life, matters, reported
from api.demonstration.town import units
from bench.texts import Texts
from domain.unit import Kind

SEED = 20_260_101
DAYS = 365
DAY = 86_400
LIVES_PER_GRID = 40
CHUNK = 4_000
"""Rows handed to the database in one go."""
BEGIN = datetime(2000, 1, 1, tzinfo=UTC)
"""When every led life begins; all times in it are known by this year."""
TITLE, DESCRIPTION, ADDRESS = "<title>", "<description>", "<address>"
NUMBER = f"FS-{BEGIN:%y%m%d}"

Line = tuple[float, str]
"""When an event happened, in seconds, and its row without position and event id."""


@dataclass(frozen=True)
class Step:
    """One event of a led life."""

    after: int
    """Seconds since the report."""
    line: str
    """Its row, with `%s` for each gap."""
    fill: "itemgetter[Any]"
    """Takes what fills the gaps from the facts of a ticket."""


@dataclass(frozen=True)
class Led:
    """A life that was led."""

    offsets: tuple[int, ...]
    """Seconds after the report of every time it names."""
    steps: tuple[Step, ...]


def write_log(conninfo: str, tickets: int, until: datetime, seed: int = SEED) -> tuple[int, list[str]]:
    """Append the lives of so many tickets to the log, as its owner; gives its position and the ids."""
    random = Random(seed)
    numbered: list[tuple[str, str]] = []
    with psycopg.connect(conninfo) as conn, conn.cursor() as cursor:
        head = conn.execute("SELECT position FROM log.head FOR UPDATE").fetchone()
        position: int = head[0] if head else 0
        columns = "position, event_id, originator_id, originator_version, topic, state, metadata, recorded_at"
        with cursor.copy(f"COPY log.events ({columns}) FROM STDIN") as copy:
            rows: list[str] = []
            for _, line in _in_order(_tickets(random, tickets, until, numbered)):
                position += 1
                rows.append(f"{position}\t{random.getrandbits(128):032x}\t{line}")
                if len(rows) >= CHUNK:
                    copy.write("".join(rows))
                    rows.clear()
            copy.write("".join(rows))
        with cursor.copy("COPY log.numbers (number, originator_id) FROM STDIN") as copy:
            for row in numbered:
                copy.write_row(row)
        conn.execute(
            "INSERT INTO log.series SELECT left(number, 9), max(right(number, -10)::integer) FROM log.numbers"
            " GROUP BY 1 ON CONFLICT (series) DO UPDATE SET serial = excluded.serial"
        )
        conn.execute("UPDATE log.head SET position = %s, recorded_at = now()", [position])
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("VACUUM (ANALYZE) log.events")  # As autovacuum would have done by and by.
        conn.execute("CHECKPOINT")
    return position, [id for _, id in numbered]


def _in_order(tickets: Iterator[tuple[float, list[Line]]]) -> Iterator[Line]:
    """The events of tickets that come in the order of their reports, in the order of time."""
    waiting: dict[int, list[Line]] = defaultdict(list)
    present = 0
    for reported_at, lines in tickets:
        for line in lines:
            waiting[int(line[0]) // 3600].append(line)
        hour = int(reported_at) // 3600
        if hour > present:
            for past in sorted(each for each in waiting if each < hour):
                yield from sorted(waiting.pop(past), key=itemgetter(0))
            present = hour
    for left in sorted(waiting):
        yield from sorted(waiting[left], key=itemgetter(0))


def _tickets(
    random: Random, tickets: int, until: datetime, numbered: list[tuple[str, str]]
) -> Iterator[tuple[float, list[Line]]]:
    lives, texts = _lives(random), Texts(random)
    first, last = until.timestamp() - DAYS * DAY, int(until.timestamp())
    days = {day: f"{BEGIN + timedelta(days=day):%Y-%m-%d}" for day in _days(first, last + 60 * DAY)}
    times = [f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(DAY)]
    begin = int(BEGIN.timestamp())
    serial, today = 0, ""
    for nth in range(tickets):
        at = first + DAYS * DAY * (nth + random.random()) / tickets
        second, micro = int(at), int(at % 1 * 1e6)
        series = f"FS-{BEGIN + timedelta(seconds=second - begin + 8 * 3600):%y%m%d}"
        serial, today = (serial + 1 if series == today else 1), series
        id = _id(int(at * 1000), random.getrandbits(74))
        numbered.append((f"{series}-{serial:04d}", id))
        led = random.choice(lives)
        facts = [id, numbered[-1][0], *texts.matter()]
        fraction = f".{micro:06d}Z"
        for offset in led.offsets:
            day, moment = divmod(second + offset - begin, DAY)
            facts.append(days[day] + times[moment] + fraction)
        yield (
            at,
            [
                (at + step.after, step.line % step.fill(facts))
                for step in led.steps
                if second + step.after < last
            ],
        )


def _days(first: float, last: float) -> range:
    begin = BEGIN.timestamp()
    return range(int((first - begin) // DAY), int((last - begin) // DAY) + 1)


def _id(milliseconds: int, random: int) -> str:
    """As `adapters.event_store.new_id` makes them."""
    digits = f"{milliseconds:012x}7{random >> 62:03x}{0x8 | random >> 60 & 3:x}{random & (1 << 60) - 1:015x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _lives(random: Random) -> list[Led]:
    """Lives of all kinds in every grid."""
    grids = [unit.code for unit in units() if unit.kind is Kind.GRID]
    all_matters = matters()
    later = BEGIN + timedelta(days=DAYS)
    lives = []
    for grid in grids:
        for matter in random.sample(all_matters, LIVES_PER_GRID):
            unnamed = matter._replace(title=TITLE, description=DESCRIPTION, address=ADDRESS)
            ticket = reported(random, unnamed, grid, new_id(BEGIN), BEGIN)
            lives.append(_led(Life(random, unnamed, ticket, later).run()))
    return lives


def _led(ticket: Any) -> Led:
    mapper = EventMapper()
    gaps = {str(ticket.id): 0, NUMBER: 1, TITLE: 2, DESCRIPTION: 3, ADDRESS: 4}
    pattern = re.compile("|".join([r"2000-[0-9]{2}-[0-9]{2}T[0-9:]+Z", *gaps]))
    offsets: list[int] = []
    steps = []
    for event in ticket.collect_events():
        state = mapper.state_of(event).decode().replace("\\", "\\\\\\\\")
        after = int((event.at - BEGIN).total_seconds())
        row = ticket.id, event.originator_version, event.TOPIC, state, '{"request":"bench"}'
        line = "\t".join([*map(str, row), event.at.isoformat().replace("+00:00", "Z")]) + "\n"
        slots = []
        for gap in pattern.findall(line):
            if gap not in gaps:
                gaps[gap] = 5 + len(offsets)
                offsets.append(int((datetime.fromisoformat(gap) - BEGIN).total_seconds()))
            slots.append(gaps[gap])
        steps.append(Step(after, pattern.sub("%s", line.replace("%", "%%")), itemgetter(*slots)))
    return Led(tuple(offsets), tuple(steps))
