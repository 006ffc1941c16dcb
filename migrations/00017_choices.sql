-- What administrators choose while the service runs, each choice as a version
-- of its own, and what retention needs to find what is old.

-- +goose Up
-- A version of one of the choices; the newest of a name is the one that counts.
-- brings_back is the version whose value this one repeats, 0 where it is new.
CREATE TABLE choices (
    id          INTEGER NOT NULL PRIMARY KEY,
    name        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    admin_id    TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    brings_back INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX choices_newest ON choices (name, id);

-- Logos, by the hash of their bytes: versions name them.
CREATE TABLE logos (
    id     TEXT    NOT NULL PRIMARY KEY,
    png    BLOB    NOT NULL,
    width  INTEGER NOT NULL,
    height INTEGER NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER choices_update BEFORE UPDATE ON choices
BEGIN
    SELECT RAISE(ABORT, 'choices are append-only');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER choices_delete BEFORE DELETE ON choices
BEGIN
    SELECT RAISE(ABORT, 'choices are append-only');
END;
-- +goose StatementEnd

-- What retention looks for is no more than what it hasn't erased yet.
CREATE INDEX requests_said ON requests (created_at) WHERE payload <> '' OR details <> '';
CREATE INDEX requests_proven ON requests (created_at) WHERE receipt <> '';
CREATE INDEX requests_unproven ON requests (created_at) WHERE receipt = '';
CREATE INDEX jobs_dead ON jobs (ended_at) WHERE state = 'dead';
