-- Files of people and of accounts that are brought in while the service runs.

-- +goose Up
-- One import. Its file and its result lie beside the database, named by its id,
-- until swept_at. seen_ is what the check foresees, the others what was done;
-- position is how many bytes of the file are behind it, result how many bytes
-- of the result file belong to what was done. Whoever works on it holds the lease.
CREATE TABLE imports (
    id             TEXT    NOT NULL PRIMARY KEY,
    kind           TEXT    NOT NULL DEFAULT '' CHECK (kind IN ('', 'people', 'accounts')),
    state          TEXT    NOT NULL CHECK (state IN ('uploaded', 'checked', 'running', 'done', 'failed', 'cancelled')),
    file           TEXT    NOT NULL,
    size           INTEGER NOT NULL,
    lang           TEXT    NOT NULL,
    actor_kind     TEXT    NOT NULL,
    actor_id       TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    rows           INTEGER NOT NULL DEFAULT 0,
    seen_added     INTEGER NOT NULL DEFAULT 0,
    seen_changed   INTEGER NOT NULL DEFAULT 0,
    seen_unchanged INTEGER NOT NULL DEFAULT 0,
    seen_faulty    INTEGER NOT NULL DEFAULT 0,
    states         INTEGER NOT NULL DEFAULT 0,
    faults         TEXT    NOT NULL DEFAULT '',
    position       INTEGER NOT NULL DEFAULT 0,
    done           INTEGER NOT NULL DEFAULT 0,
    added          INTEGER NOT NULL DEFAULT 0,
    changed        INTEGER NOT NULL DEFAULT 0,
    unchanged      INTEGER NOT NULL DEFAULT 0,
    faulty         INTEGER NOT NULL DEFAULT 0,
    result         INTEGER NOT NULL DEFAULT 0,
    cause          TEXT    NOT NULL DEFAULT '',
    lease          TEXT    NOT NULL DEFAULT '',
    leased_until   INTEGER NOT NULL DEFAULT 0,
    created_at     INTEGER NOT NULL,
    started_at     INTEGER NOT NULL DEFAULT 0,
    ended_at       INTEGER NOT NULL DEFAULT 0,
    swept_at       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX imports_newest ON imports (created_at, id);
CREATE INDEX imports_waiting ON imports (created_at, id) WHERE state IN ('uploaded', 'running');
CREATE INDEX imports_kept ON imports (created_at, id) WHERE swept_at = 0;
