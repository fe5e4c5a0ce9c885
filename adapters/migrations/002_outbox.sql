-- What people are told: written from the log, exactly once; sent at least once, in order for each receiver.
CREATE SCHEMA outbox;

-- How far the log has been told. There was nobody to tell before this table.
CREATE TABLE outbox.feed (
    position bigint  NOT NULL,
    only_one boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_one)
);
INSERT INTO outbox.feed (position) SELECT position FROM log.head;

-- Every receiver that was ever registered, and how its last attempts went.
CREATE TABLE outbox.receiver (
    receiver      uuid    NOT NULL PRIMARY KEY,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    not_before    timestamptz,
    problem       text
);
COMMENT ON COLUMN outbox.receiver.failures IS 'Attempts that failed since the last that did not.';

CREATE TABLE outbox.message (
    receiver     uuid        NOT NULL REFERENCES outbox.receiver,
    position     bigint      NOT NULL,
    told         jsonb       NOT NULL,
    written_at   timestamptz NOT NULL,
    attempts     integer     NOT NULL DEFAULT 0,
    attempted_at timestamptz,
    sent_at      timestamptz,
    dead_at      timestamptz,
    problem      text,
    PRIMARY KEY (receiver, position),
    CHECK (num_nonnulls(sent_at, dead_at) < 2)
);
COMMENT ON COLUMN outbox.message.position IS 'Of the event that it tells of.';
CREATE INDEX message_waiting ON outbox.message (receiver, position) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX message_dead ON outbox.message (receiver, position) WHERE dead_at IS NOT NULL;
CREATE INDEX message_sent ON outbox.message (receiver, sent_at) WHERE sent_at IS NOT NULL;

GRANT USAGE ON SCHEMA outbox TO whistle_service;
GRANT SELECT, UPDATE ON outbox.feed TO whistle_service;
GRANT SELECT, INSERT, UPDATE ON outbox.receiver TO whistle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox.message TO whistle_service;
