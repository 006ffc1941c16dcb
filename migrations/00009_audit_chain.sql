-- The audit becomes a chain: each row holds the hash of the one before it, so
-- that a row that was altered, taken out or moved is found, and rows may only
-- be added. Rows from before are chained when the store opens next; the key
-- 'audit chained' of meta says how far that is.

-- +goose Up
ALTER TABLE audit ADD COLUMN prev_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash TEXT NOT NULL DEFAULT '';

DROP INDEX audit_request;
DROP INDEX audit_person;
CREATE INDEX audit_person ON audit (person_id, at);
CREATE INDEX audit_request ON audit (request_id, at);
CREATE INDEX audit_actor ON audit (actor_id, action, at);
CREATE INDEX audit_action ON audit (action, at);
CREATE INDEX audit_at ON audit (at);

-- What retention leaves of the rows that it drops: the last of them, vouched
-- for by the installation's signature.
CREATE TABLE audit_checkpoints (
    id        INTEGER NOT NULL PRIMARY KEY,
    hash      TEXT    NOT NULL,
    row_at    INTEGER NOT NULL,
    dropped   INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    signature TEXT    NOT NULL
) STRICT;

-- ROLLBACK, for ABORT would have SQLite keep a journal of every insertion.
-- +goose StatementBegin
CREATE TRIGGER audit_insert BEFORE INSERT ON audit
WHEN NEW.id - 1 <> (SELECT max(id) FROM audit) OR length(NEW.hash) <> 64
BEGIN
    SELECT RAISE(ROLLBACK, 'the audit takes a row only at its end');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_update BEFORE UPDATE ON audit
WHEN OLD.hash <> '' OR EXISTS (SELECT 1 FROM meta WHERE key = 'audit chained' AND value = 'all')
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_delete BEFORE DELETE ON audit
WHEN NOT EXISTS (SELECT 1 FROM audit_checkpoints WHERE id >= OLD.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_insert BEFORE INSERT ON audit_checkpoints
WHEN NOT EXISTS (SELECT 1 FROM audit WHERE id = NEW.id AND hash = NEW.hash)
    OR EXISTS (SELECT 1 FROM audit_checkpoints WHERE id >= NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint is of a row of the audit, and behind the one before it');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_update BEFORE UPDATE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER audit_checkpoints_delete BEFORE DELETE ON audit_checkpoints
BEGIN
    SELECT RAISE(ABORT, 'the audit is append-only');
END;
-- +goose StatementEnd
