-- Photos: what is known of them. They themselves are files, stored by the SHA-256 of their content.
CREATE SCHEMA photo;

CREATE TABLE photo.photo (
    photo     text        NOT NULL PRIMARY KEY CHECK (photo ~ '^[0-9a-f]{64}$'),
    type      text        NOT NULL,
    bytes     integer     NOT NULL,
    width     integer     NOT NULL,
    height    integer     NOT NULL,
    taken_at  timestamptz,
    longitude double precision,
    latitude  double precision,
    stored    boolean     NOT NULL DEFAULT false,
    wanted_at timestamptz NOT NULL,
    CHECK (num_nonnulls(longitude, latitude) <> 1)
);
COMMENT ON TABLE photo.photo IS 'Read once from the original, which can be read again: its hash stands in the log.';
COMMENT ON COLUMN photo.photo.taken_at IS 'By the camera''s clock, as its EXIF says.';
COMMENT ON COLUMN photo.photo.longitude IS 'Degrees as the EXIF says, WGS-84 by that standard.';
COMMENT ON COLUMN photo.photo.stored IS 'Whether all its files are there; false while they are being written.';
COMMENT ON COLUMN photo.photo.wanted_at IS 'When it was last uploaded or named in a step; from then on days are counted.';
CREATE INDEX ON photo.photo (wanted_at);

-- Who uploaded it, and may name it.
CREATE TABLE photo.upload (
    photo       text        NOT NULL REFERENCES photo.photo ON DELETE CASCADE,
    account     text        NOT NULL,
    uploaded_at timestamptz NOT NULL,
    PRIMARY KEY (photo, account)
);
CREATE INDEX ON photo.upload (account, uploaded_at);

GRANT USAGE ON SCHEMA photo TO whistle_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA photo TO whistle_service;
