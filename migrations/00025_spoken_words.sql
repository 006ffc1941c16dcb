-- Links and codes by different hands: who made a link doesn't make its code,
-- and an administrator's link needs a code as a person's does.

-- +goose Up
-- made_by is the administrator who made the link; empty for the command line
-- and for a person's own device.
ALTER TABLE invitations ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
ALTER TABLE admin_links ADD COLUMN made_by TEXT NOT NULL DEFAULT '';

-- The browser in which the code was typed, as the hash of its cookie, and until
-- when that counts.
ALTER TABLE admin_links ADD COLUMN activation TEXT NOT NULL DEFAULT '';
ALTER TABLE admin_links ADD COLUMN activated_until INTEGER NOT NULL DEFAULT 0;

-- tries counts the wrong ones. hash is that of the code and the words together.
CREATE TABLE admin_codes (
    id         TEXT    NOT NULL PRIMARY KEY,
    link_id    TEXT    NOT NULL REFERENCES admin_links (id),
    salt       TEXT    NOT NULL,
    hash       TEXT    NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0,
    ended_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX admin_codes_link ON admin_codes (link_id, created_at);

-- Codes that were made before aren't bound to a browser: none of them counts.
UPDATE activation_codes SET ended_at = expires_at WHERE used_at = 0 AND ended_at = 0;
