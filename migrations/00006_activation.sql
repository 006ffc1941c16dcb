-- Activation codes: what a link needs beside itself, given another way.

-- +goose Up
-- Whether the link went into a letter, and can't do without a code; under what
-- id a browser activated it, and until when that counts.
ALTER TABLE invitations ADD COLUMN letter INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitations ADD COLUMN activation TEXT NOT NULL DEFAULT '';
ALTER TABLE invitations ADD COLUMN activated_until INTEGER NOT NULL DEFAULT 0;

-- tries counts the wrong ones.
CREATE TABLE activation_codes (
    id            TEXT    NOT NULL PRIMARY KEY,
    invitation_id TEXT    NOT NULL REFERENCES invitations (id),
    salt          TEXT    NOT NULL,
    hash          TEXT    NOT NULL,
    tries         INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    used_at       INTEGER NOT NULL DEFAULT 0,
    ended_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX activation_codes_invitation ON activation_codes (invitation_id, created_at);
