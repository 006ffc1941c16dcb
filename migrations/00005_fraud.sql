-- Against fraud and fatigue: reports, a pause until the help desk clears it,
-- muted clients, and what a person has approved to pay before.

-- +goose Up
-- When a report paused the person's requests; 0 while they are not paused.
ALTER TABLE persons ADD COLUMN paused_at INTEGER NOT NULL DEFAULT 0;

-- The payee's name as it was shown, for the person's own search.
ALTER TABLE requests ADD COLUMN payee TEXT NOT NULL DEFAULT '';

-- "I didn't ask for this".
CREATE TABLE reports (
    request_id  TEXT    NOT NULL PRIMARY KEY REFERENCES requests (id),
    person_id   TEXT    NOT NULL REFERENCES persons (id),
    client_id   TEXT    NOT NULL,
    client_name TEXT    NOT NULL,
    device_id   TEXT    NOT NULL,
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX reports_person ON reports (person_id, created_at);

-- Clients that a person doesn't want to be notified of for a while.
CREATE TABLE mutes (
    person_id   TEXT    NOT NULL REFERENCES persons (id),
    client_id   TEXT    NOT NULL,
    client_name TEXT    NOT NULL,
    until       INTEGER NOT NULL,
    PRIMARY KEY (person_id, client_id)
) STRICT;

-- Payments that were approved: the payee as a hash of their account, the
-- amount as a decimal.
CREATE TABLE payments (
    request_id TEXT    NOT NULL PRIMARY KEY REFERENCES requests (id),
    person_id  TEXT    NOT NULL REFERENCES persons (id),
    payee_hash TEXT    NOT NULL,
    currency   TEXT    NOT NULL,
    amount     TEXT    NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_payee ON payments (person_id, payee_hash);
CREATE INDEX payments_recent ON payments (person_id, currency, created_at);
