-- The log: what happened, in one gap-free order, for ever.
CREATE SCHEMA log;

CREATE TABLE log.events (
    position           bigint      NOT NULL PRIMARY KEY,
    event_id           uuid        NOT NULL,
    originator_id      uuid        NOT NULL,
    originator_version integer     NOT NULL,
    topic              text        NOT NULL,
    state              bytea       NOT NULL,
    metadata           jsonb       NOT NULL,
    recorded_at        timestamptz NOT NULL,
    UNIQUE (originator_id, originator_version)
);
COMMENT ON COLUMN log.events.position IS 'Contiguous from 1, in the order of commits; a gap is damage.';
COMMENT ON COLUMN log.events.state IS 'The event as JSON, as it was written: never read back and rewritten.';
COMMENT ON COLUMN log.events.recorded_at IS 'When the log learned it; never runs backwards along position.';

-- The one row that every writer locks, so that positions are taken in the order of commits.
CREATE TABLE log.head (
    position    bigint      NOT NULL,
    recorded_at timestamptz NOT NULL,
    only_one    boolean     NOT NULL PRIMARY KEY DEFAULT true CHECK (only_one)
);
INSERT INTO log.head (position, recorded_at) VALUES (0, '-infinity');

-- The last serial given in each series of ticket numbers, and whose number is whose.
CREATE TABLE log.series (
    series text    NOT NULL PRIMARY KEY,
    serial integer NOT NULL
);
CREATE TABLE log.numbers (
    number        text NOT NULL PRIMARY KEY,
    originator_id uuid NOT NULL
);

-- What was answered to a request with an idempotency key.
CREATE TABLE log.idempotency (
    account     text        NOT NULL,
    key         text        NOT NULL,
    fingerprint bytea       NOT NULL,
    receipt     jsonb       NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX ON log.idempotency (recorded_at);

-- Locks the head and answers all that a writer must know before it takes positions. Each query in a
-- volatile function sees what was committed before it, so what is answered holds until the lock is gone.
CREATE FUNCTION log.lock_head(
    originators uuid[], accounts text[], keys text[], wanted_series text[],
    OUT head bigint, OUT versions jsonb, OUT used jsonb, OUT serials jsonb
) LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    SELECT h.position INTO head FROM log.head AS h FOR UPDATE;
    SELECT jsonb_object_agg(o.id, last.version)
      INTO versions
      FROM unnest(originators) AS o (id)
     CROSS JOIN LATERAL (
           SELECT e.originator_version AS version
             FROM log.events AS e
            WHERE e.originator_id = o.id
            ORDER BY e.originator_version DESC
            LIMIT 1) AS last;
    IF cardinality(keys) > 0 THEN
        SELECT jsonb_agg(jsonb_build_array(i.account, i.key, encode(i.fingerprint, 'hex'), i.receipt))
          INTO used
          FROM log.idempotency AS i
          JOIN unnest(accounts, keys) AS w (account, key) USING (account, key);
    END IF;
    IF cardinality(wanted_series) > 0 THEN
        SELECT jsonb_object_agg(s.series, s.serial)
          INTO serials
          FROM log.series AS s
         WHERE s.series = ANY (wanted_series);
    END IF;
END $$;

-- Nobody alters or removes an event, not even the owner by mistake.
CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event is never altered or removed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER events_are_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- Who can sign in. Rights are history and stand in the log; secrets are not, and stand here.
CREATE SCHEMA access;

CREATE TABLE access.passwords (
    account uuid NOT NULL PRIMARY KEY,
    hash    text NOT NULL
);
CREATE TABLE access.sessions (
    token      bytea       NOT NULL PRIMARY KEY,
    account    uuid,
    ticket     uuid,
    link       uuid,
    expires_at timestamptz NOT NULL,
    CHECK (num_nonnulls(account, ticket) = 1),
    CHECK (num_nonnulls(ticket, link) <> 1)
);
COMMENT ON COLUMN access.sessions.link IS 'Of a resident: works while the ticket says that this is its link.';
COMMENT ON COLUMN access.sessions.token IS 'SHA-256 of the token; the token itself is only with its holder.';
CREATE INDEX ON access.sessions (account);
CREATE INDEX ON access.sessions (expires_at);
CREATE TABLE access.failures (
    who          text        NOT NULL PRIMARY KEY,
    failures     integer     NOT NULL,
    locked_until timestamptz NOT NULL
);
CREATE INDEX ON access.failures (locked_until);
COMMENT ON COLUMN access.failures.who IS 'An account, and where somebody tried from; or the account alone.';

-- What people look at: tables of the projector, built from the log and thrown away at will. A new build
-- grows in `building` and takes the place of the old one when it has caught up.
CREATE SCHEMA views;
CREATE SCHEMA building;
CREATE TABLE views.view (
    name     text        NOT NULL PRIMARY KEY,
    version  integer     NOT NULL,
    position bigint      NOT NULL,
    error    text,
    built_at timestamptz NOT NULL DEFAULT now()
);

-- The service may append and read, sign people in, and build views: nothing else.
GRANT USAGE ON SCHEMA log, access TO whistle_service;
GRANT SELECT, INSERT ON log.events, log.numbers TO whistle_service;
GRANT SELECT, INSERT, UPDATE ON log.series TO whistle_service;
GRANT SELECT, INSERT, DELETE ON log.idempotency TO whistle_service;
GRANT SELECT, UPDATE ON log.head TO whistle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA access TO whistle_service;
GRANT USAGE, CREATE ON SCHEMA views, building TO whistle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON views.view TO whistle_service;
