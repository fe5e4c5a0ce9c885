"""What waits for each receiver, and what became of it: the outbox as those see it who send."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from adapters.reading import Reading
from adapters.telling.message import Told

OLDEST = """
SELECT m.position, m.told::text, m.attempts, m.written_at, r.failures, r.not_before
  FROM outbox.message AS m JOIN outbox.receiver AS r USING (receiver)
 WHERE m.receiver = %(receiver)s AND m.sent_at IS NULL AND m.dead_at IS NULL
 ORDER BY m.position
 LIMIT 1
"""
EARLIER = """
SELECT attempted_at FROM outbox.message WHERE receiver = ANY (%(receivers)s) AND attempted_at > %(since)s
"""

BEGUN = """
UPDATE outbox.message SET attempts = attempts + 1, attempted_at = %(at)s
 WHERE receiver = %(receiver)s AND position = %(position)s
   AND sent_at IS NULL AND dead_at IS NULL
RETURNING attempts
"""
SENT = """
WITH well AS (
    UPDATE outbox.receiver SET failures = 0, failing_since = NULL, not_before = NULL, problem = NULL
     WHERE receiver = %(receiver)s AND failing_since IS NOT NULL
)
UPDATE outbox.message SET sent_at = %(at)s, dead_at = NULL, problem = NULL
 WHERE receiver = %(receiver)s AND position = %(position)s
RETURNING position
"""
# Given up with the failure is this message alone, if `dead`; or all that have waited for too long, if the
# receiver has taken nothing for as long.
FAILED = """
WITH rests AS (
    UPDATE outbox.receiver
       SET failures = %(failures)s, failing_since = coalesce(failing_since, %(at)s),
           not_before = %(not_before)s, problem = %(problem)s
     WHERE receiver = %(receiver)s
)
UPDATE outbox.message AS m
   SET problem = %(problem)s,
       dead_at = CASE WHEN %(dead)s AND m.position = %(position)s
                        OR m.written_at < %(too_old)s AND r.failing_since < %(too_old)s
                      THEN %(at)s::timestamptz END
  FROM outbox.receiver AS r
 WHERE m.receiver = %(receiver)s AND r.receiver = m.receiver
   AND m.sent_at IS NULL AND m.dead_at IS NULL
   AND (m.position = %(position)s OR m.written_at < %(too_old)s AND r.failing_since < %(too_old)s)
RETURNING m.dead_at IS NOT NULL AS dead
"""

STANDING = """
SELECT r.receiver, r.failures, r.not_before, r.problem,
       (SELECT count(*) FROM outbox.message AS m
         WHERE m.receiver = r.receiver AND m.sent_at IS NULL AND m.dead_at IS NULL) AS waiting,
       (SELECT count(*) FROM outbox.message AS m
         WHERE m.receiver = r.receiver AND m.dead_at IS NOT NULL) AS dead
  FROM outbox.receiver AS r
 WHERE r.receiver = ANY (%(receivers)s)
"""
DEAD = """
SELECT position, told::text, attempts, written_at, dead_at, problem
  FROM outbox.message
 WHERE receiver = %(receiver)s AND dead_at IS NOT NULL AND position > %(after)s
 ORDER BY position
 LIMIT %(limit)s
"""
RETRY = """
WITH well AS (
    UPDATE outbox.receiver SET failures = 0, failing_since = NULL, not_before = NULL
     WHERE receiver = %(receiver)s
), again AS (
    UPDATE outbox.message SET dead_at = NULL, attempts = 0
     WHERE receiver = %(receiver)s AND dead_at IS NOT NULL
       AND (%(position)s::bigint IS NULL OR position = %(position)s)
    RETURNING position
)
SELECT count(*) AS retried, pg_notify('whistle_outbox', '') FROM again
"""
# Of each inbox as many as are asked for, from its index; what stands in several of them, once.
INBOX = """
SELECT DISTINCT ON (m.position) m.receiver, m.position, m.told::text
  FROM unnest(%(receivers)s::uuid[]) AS inbox (receiver)
 CROSS JOIN LATERAL (
       SELECT receiver, position, told
         FROM outbox.message
        WHERE receiver = inbox.receiver AND position <= %(until)s
        ORDER BY position DESC
        LIMIT %(limit)s) AS m
 ORDER BY m.position DESC, m.receiver
 LIMIT %(limit)s
"""
# Some of what is too old of one receiver.
FORGET = """
DELETE FROM outbox.message
 WHERE receiver = %(receiver)s
   AND position IN (
       (SELECT position FROM outbox.message
         WHERE receiver = %(receiver)s AND sent_at < %(sent_before)s LIMIT %(limit)s)
       UNION ALL
       (SELECT position FROM outbox.message
         WHERE receiver = %(receiver)s AND dead_at < %(dead_before)s LIMIT %(limit)s))
RETURNING position
"""
KEPT, LONG_KEPT = timedelta(days=30), timedelta(days=365)
"""How long it is known that a message was sent; what lies in an inbox, or is dead, is kept for longer."""
AT_A_TIME = 5_000


class Waiting(NamedTuple):
    """The oldest message that waits for a receiver, and how the receiver is."""

    position: int
    told: Told
    attempts: int
    written_at: datetime
    failures: int
    not_before: datetime | None


def read_told(text: str) -> Told:
    """What is told, as it was written."""
    return msgspec.json.decode(text, type=Told)


class Outbox:
    """Asks and notes; each call is one statement."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    async def oldest(self, receiver: UUID) -> Waiting | None:
        """The next message for a receiver."""
        for row in await self._reading.rows(OLDEST, {"receiver": receiver}):
            return Waiting(**{**row, "told": read_told(row["told"])})
        return None

    async def earlier(self, receivers: Sequence[UUID], since: datetime) -> list[datetime]:
        """When messages to these were tried since then."""
        rows = await self._reading.rows(EARLIER, {"receivers": list(receivers), "since": since})
        return [row["attempted_at"] for row in rows]

    async def begun(self, receiver: UUID, position: int, at: datetime) -> bool:
        """Note an attempt before it is made; False where the message does not wait any more."""
        return bool(await self._do(BEGUN, receiver, position, at=at))

    async def sent(self, receiver: UUID, position: int, at: datetime) -> None:
        """Note that it was taken."""
        await self._do(SENT, receiver, position, at=at)

    async def failed(self, receiver: UUID, position: int, **facts: Any) -> int:
        """Note why it was not taken, and rest; gives how many messages are given up with that."""
        rows = await self._do(FAILED, receiver, position, **facts)
        return sum(row["dead"] for row in rows)

    async def standing(self, receivers: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
        """How each receiver is: what waits for it, what was given up, and its last trouble."""
        rows = await self._reading.rows(STANDING, {"receivers": list(receivers)})
        return {row["receiver"]: row for row in rows}

    async def dead(self, receiver: UUID, limit: int, after: int) -> list[dict[str, Any]]:
        """The messages that were given up (死信), oldest first."""
        return await self._reading.rows(DEAD, {"receiver": receiver, "limit": limit, "after": after})

    async def retry(self, receiver: UUID, position: int | None) -> int:
        """Let what was given up wait once more, before all that is newer; gives how many that are."""
        rows = await self._do(RETRY, receiver, position)
        return int(rows[0]["retried"])

    async def inbox(self, receivers: Sequence[UUID], limit: int, until: int) -> list[dict[str, Any]]:
        """What these inboxes hold, newest first; what stands in several of them, once."""
        asked = {"receivers": list(receivers), "limit": limit, "until": until}
        return await self._reading.rows(INBOX, asked)

    async def forget(self, receiver: UUID, inbox: bool, at: datetime) -> int:
        """Remove what was sent, or given up, long ago, a part at a time; gives how many that were."""
        sent_before = at - (LONG_KEPT if inbox else KEPT)
        asked = {"sent_before": sent_before, "dead_before": at - LONG_KEPT, "limit": AT_A_TIME}
        gone = 0
        while some := len(await self._do(FORGET, receiver, None, **asked)):
            gone += some
        return gone

    async def _do(self, statement: str, receiver: UUID, position: int | None, **facts: Any) -> Any:
        return await self._reading.rows(statement, {"receiver": receiver, "position": position, **facts})
