-- How often somebody without an account asked for something; of no use after an hour, so it is not logged.
CREATE UNLOGGED TABLE access.turns (
    what    text        NOT NULL,
    who     bytea       NOT NULL,
    taken   integer     NOT NULL,
    ends_at timestamptz NOT NULL,
    PRIMARY KEY (what, who)
);
CREATE INDEX ON access.turns (ends_at);
COMMENT ON COLUMN access.turns.who IS 'A keyed hash of the address; empty for all addresses together.';
GRANT SELECT, INSERT, UPDATE, DELETE ON access.turns TO whistle_service;
