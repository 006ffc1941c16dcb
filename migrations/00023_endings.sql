-- What ends at once and is many rows ends in steps.

-- +goose Up
-- How many requests a person was ever asked, and which of them a request is:
-- an order that no clock changes.
ALTER TABLE persons ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE requests ADD COLUMN nth INTEGER NOT NULL DEFAULT 0;

-- The fact that a person's requests up to the given one have ended, all or those
-- of one client, as far as they hadn't expired by then; and that the person was
-- erased. The row goes when the last of what follows from it has been written.
CREATE TABLE endings (
    id         INTEGER NOT NULL PRIMARY KEY,
    person_id  TEXT    NOT NULL REFERENCES persons (id),
    one_client INTEGER NOT NULL,
    client_id  TEXT    NOT NULL,
    upto       INTEGER NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('denied', 'cancelled')),
    reason     TEXT    NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    erases     INTEGER NOT NULL DEFAULT 0,
    cpfs       TEXT    NOT NULL DEFAULT '[]', -- of whom is erased, until what ACP said of their consents is gone
    past_at    INTEGER NOT NULL DEFAULT 0,    -- erased so far: requests that began before it,
    past_id    TEXT    NOT NULL DEFAULT ''    -- or then, with an id up to this
) STRICT;
CREATE INDEX endings_person ON endings (person_id);

CREATE INDEX requests_pending ON requests (person_id, client_id, nth, expires_at) WHERE state = 'pending';
CREATE INDEX ceremonies_person ON ceremonies (person_id);
CREATE INDEX consent_owners_cpf ON consent_owners (cpf);
