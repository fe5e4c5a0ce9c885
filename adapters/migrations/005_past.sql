-- The past of the views: every row they ever had, with its lifetime. Written behind the log, thrown away at will.
CREATE SCHEMA past;
CREATE TABLE past.standing (
    position bigint  NOT NULL,
    versions jsonb   NOT NULL,
    only_one boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_one)
);
COMMENT ON COLUMN past.standing.versions IS 'Of each view whose past is kept; where one differs, all begin anew.';

GRANT USAGE, CREATE ON SCHEMA past TO whistle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON past.standing TO whistle_service;
