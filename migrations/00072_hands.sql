-- The rule of the other hand is decided when a link is made, and isn't switched
-- off by suspending the others.

-- +goose Up
-- Who must make the link's code, as it was decided when the link was made.
ALTER TABLE invitations ADD COLUMN code_by TEXT NOT NULL DEFAULT '' CHECK (code_by IN ('', 'colleague', 'independent'));
ALTER TABLE admin_links ADD COLUMN code_by TEXT NOT NULL DEFAULT '' CHECK (code_by IN ('', 'colleague', 'independent'));

-- The administrator who changed the role of one last, or let them in again, and
-- when; empty and 0: neither was done, or by the command line.
ALTER TABLE admins ADD COLUMN let_in_by TEXT NOT NULL DEFAULT '';
ALTER TABLE admins ADD COLUMN let_in_at INTEGER NOT NULL DEFAULT 0;

-- When an administrator who could sign in with a role could do so no longer:
-- suspended, removed, given another role, or their passkey ended.
CREATE TABLE admin_lapses (
    admin_id TEXT    NOT NULL REFERENCES admins (id),
    role     TEXT    NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (admin_id, role)
) STRICT;
