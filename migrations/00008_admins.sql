-- Administrators of the console: their set-up links, passkeys and sessions.
-- Nothing of theirs is kept with that of the people who approve.

-- +goose Up
-- email_norm is the address as it is compared; that of a removed administrator
-- is free again.
CREATE TABLE admins (
    id         TEXT    NOT NULL PRIMARY KEY,
    email      TEXT    NOT NULL,
    email_norm TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('owner', 'operator', 'helpdesk', 'auditor')),
    state      TEXT    NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
    lang       TEXT    NOT NULL DEFAULT '',
    theme      TEXT    NOT NULL DEFAULT '',
    zone       TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    removed_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX admins_email ON admins (email_norm) WHERE state <> 'removed';

CREATE TABLE admin_links (
    id         TEXT    NOT NULL PRIMARY KEY,
    admin_id   TEXT    NOT NULL REFERENCES admins (id),
    token_hash TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0,
    ended_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX admin_links_admin ON admin_links (admin_id);

CREATE TABLE admin_credentials (
    id           TEXT    NOT NULL PRIMARY KEY,
    admin_id     TEXT    NOT NULL REFERENCES admins (id),
    record       TEXT    NOT NULL,
    backed_up    INTEGER NOT NULL,
    backup_elig  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL DEFAULT 0,
    revoked_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX admin_credentials_admin ON admin_credentials (admin_id);

-- confirmed_at is when the passkey was last asked for, credential_id which one.
CREATE TABLE admin_sessions (
    id            TEXT    NOT NULL PRIMARY KEY,
    admin_id      TEXT    NOT NULL REFERENCES admins (id),
    credential_id TEXT    NOT NULL REFERENCES admin_credentials (id),
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    confirmed_at  INTEGER NOT NULL,
    source        TEXT    NOT NULL,
    browser       TEXT    NOT NULL,
    ended_at      INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX admin_sessions_admin ON admin_sessions (admin_id, created_at);
