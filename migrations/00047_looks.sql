-- How often an administrator looked at one thing within the hour that runs. The
-- first look of an hour is a row of the audit; the count is in the row that
-- follows it. The subject is a reference, or the keyed hash of a search.

-- +goose Up
CREATE TABLE looks (
    actor_kind TEXT    NOT NULL,
    actor_id   TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    person_id  TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    hour       INTEGER NOT NULL, -- its beginning
    count      INTEGER NOT NULL,
    PRIMARY KEY (actor_kind, actor_id, kind, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX looks_hour ON looks (hour);
