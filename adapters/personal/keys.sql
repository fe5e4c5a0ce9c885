-- The keys of the residents: a database of its own, so that backups of the log never hold them.
CREATE SCHEMA IF NOT EXISTS keys;

CREATE TABLE IF NOT EXISTS keys.resident (
    resident uuid        NOT NULL PRIMARY KEY,
    wrapped  bytea       NOT NULL,
    phone    bytea       UNIQUE,
    made_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN keys.resident.wrapped IS 'The key of this resident, readable with the master key alone.';
COMMENT ON COLUMN keys.resident.phone IS 'HMAC-SHA256 of the phone number: found again by who knows the number.';

-- Whose personal data stand in a ticket.
CREATE TABLE IF NOT EXISTS keys.ticket (
    ticket   uuid NOT NULL PRIMARY KEY,
    resident uuid NOT NULL REFERENCES keys.resident ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS ticket_of_resident ON keys.ticket (resident);

-- The one key that phone numbers are hashed with, and which master wrapped it all.
CREATE TABLE IF NOT EXISTS keys.secret (
    wrapped  bytea   NOT NULL,
    master   text    NOT NULL,
    only_one boolean NOT NULL PRIMARY KEY DEFAULT true CHECK (only_one)
);

GRANT USAGE ON SCHEMA keys TO whistle_service;
-- What was once written is deleted or stays; the owner alone writes it anew, for another master key.
REVOKE ALL ON keys.resident, keys.ticket, keys.secret FROM whistle_service;
GRANT SELECT, INSERT, DELETE ON keys.resident TO whistle_service;
GRANT SELECT, INSERT ON keys.ticket, keys.secret TO whistle_service;
-- To hold the secret while keys are made one must be able to update something: this can only be what it is.
GRANT UPDATE (only_one) ON keys.secret TO whistle_service;
