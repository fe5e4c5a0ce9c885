"""Whether the living views, the rebuilt ones, and what SQL makes of the log say the same."""

import asyncio
from datetime import datetime
from typing import Any

import psycopg

from adapters.database import Database
from adapters.event_store import utc_now
from adapters.reading import Reading
from api.projector import VIEWS
from projections.rebuild import rebuild
from projections.workload import workload
from tests.adapters.writing import row, wait_for
from tests.projections.recomputed import recompute

Tables = dict[str, list[tuple[Any, ...]]]
MEASURES = (
    "department", "to_claim", "in_hand", "sent_back", "on_hold", "due_today", "overdue", "handled_30d",
    "median_handling_seconds",
)  # fmt: skip


def contents(database: Database) -> Tables:
    """Every table of every view, row by row."""
    found = {}
    with psycopg.connect(database.owner) as conn:
        for table in (table for view in VIEWS for table in view.tables):
            query = f"SELECT * FROM views.{table.name} ORDER BY {', '.join(table.key_columns)}"
            found[table.name] = conn.execute(query.encode()).fetchall()
    return found


async def said(database: Database, now: datetime) -> Tables:
    """What the views say of that which can be recomputed."""
    reading = Reading(database.service)
    await reading.open()
    try:
        departments = await workload(reading, now)
    finally:
        await reading.close()
    with psycopg.connect(database.owner) as conn:
        stages = conn.execute("SELECT ticket, stage FROM views.board_ticket ORDER BY ticket").fetchall()
        clocks = """SELECT ticket, department, clock, about, due_at FROM views.overdue_clock
                     ORDER BY ticket, department, clock, about"""
        running = conn.execute(clocks.encode()).fetchall()
        photos = conn.execute(
            "SELECT photo, ticket FROM views.photos_named ORDER BY photo, ticket"
        ).fetchall()
        tasks = """SELECT ticket, department, state,
                          CASE WHEN state IN ('to_claim', 'in_hand') THEN next_due_at END, handled_at
                     FROM views.board_task
                    ORDER BY ticket, department"""
        states = conn.execute(tasks.encode()).fetchall()
        counted = """SELECT ticket, figure, unit, day FROM views.figures_counted
                      ORDER BY ticket, figure, unit"""
        figures = conn.execute(counted.encode()).fetchall()
        summed = """SELECT figure, CASE WHEN figure <> 'open' THEN day END AS day, county, town, unit,
                           count(*)
                      FROM views.figures_counted
                     GROUP BY figure, day, county, town, unit ORDER BY figure, day, county, town, unit"""
        counts = """SELECT * FROM views.figures_count
                     WHERE figure NOT IN ('seconds', 'placed', 'east', 'north')
                     UNION ALL SELECT 'open', NULL, county, town, unit, n FROM views.figures_open
                     ORDER BY figure, day, county, town, unit"""
        assert conn.execute(counts.encode()).fetchall() == conn.execute(summed.encode()).fetchall()
    rows = [tuple(line[measure] for measure in MEASURES) for line in departments]
    return {
        "stages": stages,
        "workload": [line for line in rows if any(line[1:])],
        "clocks": running,
        "photos": photos,
        "states": states,
        "figures": figures,
    }


def caught_up(database: Database) -> bool:
    """Whether every view stands at the end of the log, and none has stopped."""
    query = """SELECT count(*) = %s FROM views.view AS v JOIN log.head AS h ON h.position = v.position
                WHERE v.error IS NULL"""
    return bool(row(database, query, len(VIEWS))[0])


def check_agreement(database: Database, now: datetime | None = None) -> None:
    """The views as they are, once they have caught up; the same rebuilt; the same from SQL."""
    wait_for(lambda: caught_up(database))
    living = contents(database)
    rebuild(database.service, VIEWS)
    rebuilt = contents(database)
    for table, rows in living.items():
        assert rows == rebuilt[table], f"{table}: live and rebuilt differ"
    now = now or utc_now()
    saying = asyncio.run(said(database, now))
    recomputed = recompute(database, now)
    for what, rows in saying.items():
        nonzero = [line for line in recomputed[what] if what != "workload" or any(line[1:])]
        differing = sorted(set(map(str, rows)) ^ set(map(str, nonzero)))
        assert rows == nonzero, f"{what}: said and recomputed differ in {differing[:6]}"
