"""What the views must say, computed once more: in SQL, from the log alone, with none of our code."""

from datetime import datetime
from typing import Any

import psycopg

from adapters.database import Database

# One row for each step of each department, from the events' own words.
STEPS = """
CREATE TEMPORARY TABLE happened AS
SELECT originator_id AS ticket, originator_version AS version, topic, convert_from(state, 'UTF8')::jsonb AS e
  FROM log.events
 WHERE topic LIKE 'ticket.%';
CREATE TEMPORARY TABLE step AS
SELECT h.ticket, h.version, 'called' AS what, c->>'department' AS department,
       (c->>'claim_by')::timestamptz AS claim_by, (c->>'due_at')::timestamptz AS due_at,
       (e->>'timestamp')::timestamptz AS at
  FROM happened AS h CROSS JOIN LATERAL jsonb_array_elements(h.e->'calls') AS c
 WHERE h.topic IN ('ticket.dispatched', 'ticket.reopened')
 UNION ALL
SELECT h.ticket, h.version, replace(h.topic, 'ticket.', ''), h.e->>'department',
       (h.e->>'claim_by')::timestamptz, (h.e->>'due_at')::timestamptz, (h.e->>'timestamp')::timestamptz
  FROM happened AS h
 WHERE h.topic IN ('ticket.claimed', 'ticket.sent_back', 'ticket.return_accepted', 'ticket.return_refused',
                   'ticket.handled', 'ticket.extension_granted', 'ticket.held', 'ticket.resumed');
"""

# The task of each department as of a version: `until` gives that version for each ticket.
TASKS = """
SELECT s.ticket, s.department,
       (array_agg(s.what ORDER BY s.version DESC) FILTER (WHERE s.what <> 'extension_granted'))[1] AS last,
       (array_agg(s.what ORDER BY s.version DESC) FILTER (WHERE s.what IN ('called', 'claimed')))[1] AS begun,
       (array_agg(s.claim_by ORDER BY s.version DESC) FILTER (WHERE s.claim_by IS NOT NULL))[1] AS claim_by,
       (array_agg(s.due_at ORDER BY s.version DESC) FILTER (WHERE s.due_at IS NOT NULL))[1] AS due_at,
       (array_agg(s.at ORDER BY s.version DESC) FILTER (WHERE s.what = 'called'))[1] AS called_at,
       (array_agg(s.at ORDER BY s.version DESC))[1] AS last_at
  FROM step AS s {until}
 GROUP BY s.ticket, s.department
"""
TASKS_NOW = f"""
CREATE TEMPORARY TABLE task AS
SELECT ticket, department, claim_by, due_at, called_at, last_at,
       CASE last WHEN 'called' THEN 'dispatched' WHEN 'claimed' THEN 'claimed' WHEN 'handled' THEN 'handled'
            WHEN 'sent_back' THEN 'sent_back' WHEN 'held' THEN 'held' WHEN 'return_accepted' THEN 'gone'
            ELSE CASE begun WHEN 'called' THEN 'dispatched' ELSE 'claimed' END END AS stage
  FROM ({TASKS.format(until="")}) AS t;
"""

# A ticket stands where its last deciding event put it; in the departments' hands it is handled once its
# lead has handled it and nobody is at it or waits for a ruling, as of the last event that could settle it.
STAGES = f"""
WITH deciding AS (
    SELECT DISTINCT ON (ticket) ticket, version, topic, e
      FROM happened
     WHERE topic IN ('ticket.reported', 'ticket.handled_on_site', 'ticket.sorted', 'ticket.rejected',
                     'ticket.dispatched', 'ticket.reopened')
        OR topic = 'ticket.verified' AND e->>'solved' <> 'not_solved'
     ORDER BY ticket, version DESC
), joining AS (
    SELECT DISTINCT ON (ticket) ticket, version, topic
      FROM happened WHERE topic IN ('ticket.joined', 'ticket.parted') ORDER BY ticket, version DESC
), begun AS (
    SELECT ticket, max(version) AS version
      FROM happened WHERE topic IN ('ticket.reported', 'ticket.reopened') GROUP BY ticket
), settling AS (
    SELECT h.ticket, max(h.version) AS version
      FROM happened AS h JOIN begun AS b USING (ticket)
     WHERE h.topic IN ('ticket.handled', 'ticket.return_accepted') AND h.version > b.version
     GROUP BY h.ticket
), led AS (
    SELECT DISTINCT ON (h.ticket) h.ticket, h.e->>'lead' AS lead
      FROM happened AS h JOIN settling AS s ON s.ticket = h.ticket AND h.version <= s.version
     WHERE h.topic = 'ticket.dispatched' ORDER BY h.ticket, h.version DESC
), settled AS (
    SELECT t.ticket
      FROM ({TASKS.format(until="JOIN settling AS u ON u.ticket = s.ticket AND s.version <= u.version")}) AS t
      JOIN led USING (ticket)
     GROUP BY t.ticket
    HAVING bool_and(t.last IN ('handled', 'return_accepted'))
       AND bool_or(t.last = 'handled' AND t.department = led.lead)
)
SELECT d.ticket,
       CASE WHEN j.topic = 'ticket.joined' THEN 'joined'
            WHEN d.topic = 'ticket.handled_on_site' THEN 'handled'
            WHEN d.topic = 'ticket.dispatched'
                 THEN CASE WHEN s.ticket IS NULL THEN 'dispatched' ELSE 'handled' END
            WHEN d.topic = 'ticket.reopened'
                 THEN CASE WHEN jsonb_array_length(d.e->'calls') = 0 THEN 'reported'
                           WHEN s.ticket IS NULL THEN 'dispatched' ELSE 'handled' END
            ELSE replace(d.topic, 'ticket.', '') END AS stage
  FROM deciding AS d LEFT JOIN joining AS j USING (ticket) LEFT JOIN settled AS s USING (ticket)
 ORDER BY d.ticket
"""
WORKLOAD = """
SELECT department,
       count(*) FILTER (WHERE stage = 'dispatched') AS to_claim,
       count(*) FILTER (WHERE stage = 'claimed') AS in_hand,
       count(*) FILTER (WHERE stage = 'sent_back') AS sent_back,
       count(*) FILTER (WHERE stage = 'held') AS on_hold,
       count(*) FILTER (WHERE stage IN ('dispatched', 'claimed')
                          AND (due_at AT TIME ZONE 'Asia/Shanghai')::date
                            = (%(now)s AT TIME ZONE 'Asia/Shanghai')::date) AS due_today,
       count(*) FILTER (WHERE stage = 'dispatched' AND claim_by < %(now)s
                           OR stage = 'claimed' AND due_at < %(now)s) AS overdue,
       count(*) FILTER (WHERE stage = 'handled' AND (%(now)s AT TIME ZONE 'Asia/Shanghai')::date
                            - (last_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN 0 AND 29) AS handled_30d,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY trunc(extract(epoch FROM last_at - called_at)))
           FILTER (WHERE stage = 'handled' AND (%(now)s AT TIME ZONE 'Asia/Shanghai')::date
                       - (last_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN 0 AND 29)
           AS median_handling_seconds
  FROM task
 GROUP BY department
 ORDER BY department
"""
# A clock runs as the last event set it that names it, until an event stops it or lets it stand still; an
# appeal waits until it is decided, or the clock it is about begins anew.
CLOCKS = """
WITH setting AS (
    SELECT DISTINCT ON (h.ticket, c->>'name', coalesce(c->>'about', c->>'unit'))
           h.ticket, h.version, c->>'name' AS clock, c->>'unit' AS unit, coalesce(c->>'about', '') AS about,
           (c->>'due_at')::timestamptz AS due_at
      FROM happened AS h CROSS JOIN LATERAL jsonb_array_elements(h.e->'clocks') AS c
     ORDER BY h.ticket, c->>'name', coalesce(c->>'about', c->>'unit'), h.version DESC
), ending (topic, clocks) AS (VALUES
    ('handled_on_site', '{sort}'::text[]), ('sorted', '{sort}'), ('rejected', '{sort,dispatch}'),
    ('joined', '{sort,dispatch,verify,reply}'), ('dispatched', '{dispatch}'), ('claimed', '{claim}'),
    ('attended', '{contact,attend}'), ('progress_noted', '{contact}'),
    ('sent_back', '{claim,contact,attend,handle,reply}'), ('held', '{claim,contact,attend,handle,reply}'),
    ('handled', '{claim,contact,attend,handle,dispatch}'), ('resumed', '{dispatch}'),
    ('extension_granted', '{dispatch}'), ('extension_refused', '{dispatch}'),
    ('return_accepted', '{claim,contact,attend,handle,dispatch,reply}'), ('return_refused', '{dispatch}'),
    ('verified', '{verify}'), ('reopened', '{verify}'), ('replied', '{reply}'))
SELECT s.ticket, s.unit, s.clock, s.about, s.due_at
  FROM setting AS s
 WHERE NOT EXISTS (
       SELECT FROM happened AS h JOIN ending AS d ON h.topic = 'ticket.' || d.topic
        WHERE h.ticket = s.ticket AND h.version > s.version AND s.clock = ANY (d.clocks)
          AND (h.topic = 'ticket.joined' OR coalesce(h.e->>'department', '')
               = CASE WHEN s.clock IN ('claim', 'contact', 'attend', 'handle', 'reply') THEN s.unit
                      ELSE s.about END))
 UNION
SELECT a.ticket, r.e->>'town', 'appeal', a.e->>'department', NULL
  FROM happened AS a JOIN happened AS r ON r.ticket = a.ticket AND r.topic = 'ticket.reported'
 WHERE a.topic = 'ticket.appealed'
   AND NOT EXISTS (
       SELECT FROM happened AS h LEFT JOIN LATERAL jsonb_array_elements(h.e->'clocks') AS c ON true
        WHERE h.ticket = a.ticket AND h.version > a.version
          AND (h.topic IN ('ticket.appeal_upheld', 'ticket.appeal_dismissed')
               AND h.e->>'department' = a.e->>'department' AND h.e->>'clock' = a.e->>'clock'
               OR h.topic IN ('ticket.dispatched', 'ticket.reopened')
               AND c->>'unit' = a.e->>'department' AND c->>'name' = a.e->>'clock'))
 ORDER BY 1, 2, 3, 4
"""
PHOTOS = """
SELECT DISTINCT p.photo, h.ticket
  FROM happened AS h CROSS JOIN LATERAL jsonb_array_elements_text(h.e->'photos') AS p (photo)
 ORDER BY p.photo, h.ticket
"""

# What each task stands at, as lists filter it.
STATES = """
SELECT ticket, department,
       CASE stage WHEN 'dispatched' THEN 'to_claim' WHEN 'claimed' THEN 'in_hand' WHEN 'held' THEN 'on_hold'
            WHEN 'gone' THEN 'returned' ELSE stage END,
       CASE stage WHEN 'dispatched' THEN claim_by WHEN 'claimed' THEN due_at END,
       CASE stage WHEN 'handled' THEN last_at END
  FROM task
 ORDER BY ticket, department
"""
# As what each ticket and task counts, and on which day: docs/rates.md. Nobody appeals in these histories.
FIGURES = f"""
WITH stage AS ({STAGES}), place AS (
    SELECT ticket, e->>'grid' AS grid, (e->>'timestamp')::timestamptz AS at
      FROM happened WHERE topic = 'ticket.reported'
), began AS (
    SELECT ticket, max(version) AS version, max((e->>'timestamp')::timestamptz) AS at
      FROM happened WHERE topic = 'ticket.reopened' GROUP BY ticket
), closed AS (
    SELECT h.ticket, max((h.e->>'timestamp')::timestamptz) AS at
      FROM happened AS h JOIN stage AS s USING (ticket)
     WHERE s.stage IN ('handled', 'verified')
       AND h.topic IN ('ticket.handled', 'ticket.return_accepted', 'ticket.handled_on_site')
     GROUP BY h.ticket
), claimed AS (
    SELECT t.ticket, t.department, c.at,
           c.at > (SELECT s.claim_by FROM step AS s
                    WHERE s.ticket = t.ticket AND s.department = t.department AND s.version < c.version
                      AND s.claim_by IS NOT NULL ORDER BY s.version DESC LIMIT 1) AS late
      FROM task AS t
      LEFT JOIN LATERAL (
           SELECT s.version, s.at, s.what FROM step AS s
            WHERE s.ticket = t.ticket AND s.department = t.department AND s.what IN ('called', 'claimed')
            ORDER BY s.version DESC LIMIT 1) AS c ON c.what = 'claimed'
     WHERE t.stage NOT IN ('gone', 'sent_back')
), handled AS (
    SELECT ticket, department, last_at AS at, last_at > due_at AS late FROM task WHERE stage = 'handled'
), answer AS (
    SELECT DISTINCT ON (ticket) ticket, version, (e->>'timestamp')::timestamptz AS at,
           e->>'solved' AS solved, e->>'satisfied' AS satisfied
      FROM happened WHERE topic = 'ticket.verified' AND e->'by'->>'role' = 'resident'
     ORDER BY ticket, version DESC
), figure AS (
    SELECT ticket, 'reported' AS figure, grid AS unit, at FROM place
     UNION ALL
    SELECT p.ticket, 'open', p.grid, NULL FROM place AS p JOIN stage AS s USING (ticket)
     WHERE s.stage IN ('reported', 'sorted', 'dispatched')
     UNION ALL
    SELECT c.ticket, CASE WHEN bool_or(c.late) THEN 'responded_late' ELSE 'responded' END, p.grid, max(c.at)
      FROM claimed AS c JOIN place AS p USING (ticket)
     GROUP BY c.ticket, p.grid HAVING bool_and(c.at IS NOT NULL)
     UNION ALL
    SELECT a.ticket, a.solved, p.grid, a.at FROM answer AS a JOIN place AS p USING (ticket)
     UNION ALL
    SELECT a.ticket, coalesce(a.satisfied, 'unrated'), p.grid, a.at
      FROM answer AS a JOIN place AS p USING (ticket)
     UNION ALL
    SELECT c.ticket, CASE WHEN EXISTS (SELECT FROM handled AS h WHERE h.ticket = c.ticket AND h.late)
                          THEN 'closed_late' ELSE 'closed_in_time' END, p.grid, c.at
      FROM closed AS c JOIN place AS p USING (ticket)
     UNION ALL
    SELECT c.ticket, 'unanswered', p.grid, c.at
      FROM closed AS c JOIN place AS p USING (ticket) LEFT JOIN began AS b USING (ticket)
     WHERE NOT EXISTS (SELECT FROM answer AS a
                        WHERE a.ticket = c.ticket AND a.version > coalesce(b.version, 0))
     UNION ALL
    SELECT p.ticket, CASE WHEN b.ticket IS NULL THEN 'done_once' ELSE 'reworked' END, p.grid,
           coalesce(c.at, b.at)
      FROM place AS p LEFT JOIN closed AS c USING (ticket) LEFT JOIN began AS b USING (ticket)
     WHERE c.ticket IS NOT NULL OR b.ticket IS NOT NULL
     UNION ALL
    SELECT ticket, CASE WHEN late THEN 'task_late' ELSE 'task_in_time' END, department, at FROM handled
)
SELECT ticket, figure, unit,
       CASE WHEN at IS NULL THEN '1970-01-01T00:00+08'::timestamptz
            ELSE date_trunc('day', at, 'Asia/Shanghai') END AS day
  FROM figure
 ORDER BY ticket, figure, unit
"""


def recompute(database: Database, now: datetime) -> dict[str, list[tuple[Any, ...]]]:
    """Stage by ticket, workload by department at `now`, clocks, photos, states of tasks, and figures."""
    with psycopg.connect(database.owner) as conn:
        for statement in (STEPS, TASKS_NOW):
            conn.execute(statement.encode())
        return {
            "stages": conn.execute(STAGES.encode()).fetchall(),
            "workload": conn.execute(WORKLOAD.encode(), {"now": now}).fetchall(),
            "clocks": conn.execute(CLOCKS.encode()).fetchall(),
            "photos": conn.execute(PHOTOS.encode()).fetchall(),
            "states": conn.execute(STATES.encode()).fetchall(),
            "figures": conn.execute(FIGURES.encode()).fetchall(),
        }
