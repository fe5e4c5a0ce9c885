-- The sealed log: hashes of its events as a Merkle tree, and the signed checkpoints of it.
CREATE SCHEMA seal;

-- 256 hashes each (C2SP tlog-tiles): of leaves on level 0, of the full tiles below on each level above. The last
-- one of a level is not full yet.
CREATE TABLE seal.tile (
    level  smallint NOT NULL,
    nth    bigint   NOT NULL,
    hashes bytea    NOT NULL CHECK (length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0),
    PRIMARY KEY (level, nth)
);
CREATE TABLE seal.checkpoint (
    size      bigint      NOT NULL PRIMARY KEY,
    note      text        NOT NULL,
    sealed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN seal.checkpoint.size IS 'Events it seals: those up to this position.';

-- The public keys that checkpoints were signed with, as their notes name them.
CREATE TABLE seal.key (
    key   text        NOT NULL PRIMARY KEY,
    since timestamptz NOT NULL DEFAULT now()
);

CREATE TRIGGER checkpoints_are_kept
    BEFORE UPDATE OR DELETE OR TRUNCATE ON seal.checkpoint
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

GRANT USAGE ON SCHEMA seal TO whistle_service;
GRANT SELECT, INSERT, UPDATE ON seal.tile TO whistle_service;
GRANT SELECT, INSERT ON seal.checkpoint, seal.key TO whistle_service;
