-- The main job: people, devices, requests, the outbox and the audit.
-- Times are integer milliseconds since the Unix epoch, UTC; 0 means "not yet".
-- Ids are random text made in Go.

-- +goose Up
CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE persons (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN ('active', 'suspended')),
    lang       TEXT    NOT NULL DEFAULT '',
    zone       TEXT    NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;

-- norm is the value after its kind's normalisation; value is as entered.
CREATE TABLE identifiers (
    kind      TEXT NOT NULL,
    norm      TEXT NOT NULL,
    value     TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES persons (id),
    PRIMARY KEY (kind, norm)
) STRICT;
CREATE INDEX identifiers_person ON identifiers (person_id);

CREATE TABLE companies (
    person_id TEXT NOT NULL REFERENCES persons (id),
    cnpj      TEXT NOT NULL,
    PRIMARY KEY (person_id, cnpj)
) STRICT;

CREATE TABLE invitations (
    id         TEXT    NOT NULL PRIMARY KEY,
    person_id  TEXT    NOT NULL REFERENCES persons (id),
    token_hash TEXT    NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0,
    ended_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX invitations_person ON invitations (person_id);

CREATE TABLE credentials (
    id           TEXT    NOT NULL PRIMARY KEY,
    person_id    TEXT    NOT NULL REFERENCES persons (id),
    record       TEXT    NOT NULL,
    backed_up    INTEGER NOT NULL,
    backup_elig  INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL DEFAULT 0,
    revoked_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX credentials_person ON credentials (person_id);

-- browser_hash recognises the browser after its session has ended.
CREATE TABLE devices (
    id            TEXT    NOT NULL PRIMARY KEY,
    person_id     TEXT    NOT NULL REFERENCES persons (id),
    name          TEXT    NOT NULL,
    platform      TEXT    NOT NULL,
    credential_id TEXT    NOT NULL REFERENCES credentials (id),
    state         TEXT    NOT NULL CHECK (state IN ('active', 'suspended', 'removed')),
    session_key   TEXT    NOT NULL,
    browser_hash  TEXT    NOT NULL,
    theme         TEXT    NOT NULL DEFAULT '',
    push_choice   TEXT    NOT NULL DEFAULT '',
    app_until     INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    removed_at    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX devices_person ON devices (person_id);
CREATE INDEX devices_browser ON devices (browser_hash);

CREATE TABLE subscriptions (
    device_id        TEXT    NOT NULL PRIMARY KEY REFERENCES devices (id),
    endpoint         TEXT    NOT NULL UNIQUE,
    p256dh           TEXT    NOT NULL,
    auth             TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    last_accepted_at INTEGER NOT NULL DEFAULT 0,
    last_opened_at   INTEGER NOT NULL DEFAULT 0,
    ended_at         INTEGER NOT NULL DEFAULT 0,
    last_error       TEXT    NOT NULL DEFAULT ''
) STRICT;

-- A passkey ceremony under way: its challenge, single use.
CREATE TABLE ceremonies (
    id         TEXT    NOT NULL PRIMARY KEY,
    purpose    TEXT    NOT NULL,
    person_id  TEXT    NOT NULL DEFAULT '',
    device_id  TEXT    NOT NULL DEFAULT '',
    subject    TEXT    NOT NULL DEFAULT '',
    session    TEXT    NOT NULL,
    data       TEXT    NOT NULL DEFAULT '',
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ceremonies_expiry ON ceremonies (expires_at);

CREATE TABLE sessions (
    token      TEXT    NOT NULL PRIMARY KEY,
    data       BLOB    NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE requests (
    id              TEXT    NOT NULL PRIMARY KEY,
    ref             TEXT    NOT NULL,
    connection      TEXT    NOT NULL,
    tenant_id       TEXT    NOT NULL,
    server_id       TEXT    NOT NULL,
    login_id        TEXT    NOT NULL,
    login_state     TEXT    NOT NULL,
    user_identifier TEXT    NOT NULL,
    person_id       TEXT    NOT NULL REFERENCES persons (id),
    kind            TEXT    NOT NULL,
    client_id       TEXT    NOT NULL,
    client_name     TEXT    NOT NULL,
    binding_message TEXT    NOT NULL,
    scopes          TEXT    NOT NULL,
    acr             TEXT    NOT NULL,
    payload         TEXT    NOT NULL,
    quiet           INTEGER NOT NULL,
    state           TEXT    NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
    reason          TEXT    NOT NULL DEFAULT '',
    details         TEXT    NOT NULL DEFAULT '',
    details_digest  TEXT    NOT NULL DEFAULT '',
    granted         TEXT    NOT NULL DEFAULT '',
    decided_by      TEXT    NOT NULL DEFAULT '',
    signature       TEXT    NOT NULL DEFAULT '',
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    opened_at       INTEGER NOT NULL DEFAULT 0,
    decided_at      INTEGER NOT NULL DEFAULT 0,
    delivery        TEXT    NOT NULL CHECK (delivery IN ('none', 'waiting', 'delivered', 'unconfirmed', 'failed')),
    delivery_cause  TEXT    NOT NULL DEFAULT '',
    delivery_tries  INTEGER NOT NULL DEFAULT 0,
    delivery_unsure INTEGER NOT NULL DEFAULT 0,
    delivered_at    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, login_id)
) STRICT;
CREATE INDEX requests_inbox ON requests (person_id, state, expires_at);
CREATE INDEX requests_recent ON requests (person_id, created_at);
CREATE INDEX requests_expiry ON requests (state, expires_at);
CREATE INDEX requests_ref ON requests (ref);

-- The outbox. A finished job's row is deleted; a dead one stays to be seen.
CREATE TABLE jobs (
    id          TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'dead')),
    request_id  TEXT    NOT NULL DEFAULT '',
    device_id   TEXT    NOT NULL DEFAULT '',
    payload     TEXT    NOT NULL DEFAULT '',
    run_at      INTEGER NOT NULL,
    deadline    INTEGER NOT NULL,
    lease_id    TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0,
    last_error  TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX jobs_due ON jobs (state, run_at);
CREATE INDEX jobs_request ON jobs (request_id);

-- Append-only. Holds random references, never names.
CREATE TABLE audit (
    id         INTEGER NOT NULL PRIMARY KEY,
    at         INTEGER NOT NULL,
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    person_id  TEXT    NOT NULL DEFAULT '',
    device_id  TEXT    NOT NULL DEFAULT '',
    request_id TEXT    NOT NULL DEFAULT '',
    detail     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_request ON audit (request_id);
CREATE INDEX audit_person ON audit (person_id);
