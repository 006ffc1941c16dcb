-- Four eyes: what an administrator asked for and a second one must confirm.

-- +goose Up
-- payload holds what the action is carried out with, personal data included; it
-- is emptied when the proposal is over.
CREATE TABLE proposals (
    id          TEXT    NOT NULL PRIMARY KEY,
    area        TEXT    NOT NULL,
    action      TEXT    NOT NULL,
    subject     TEXT    NOT NULL,
    payload     TEXT    NOT NULL,
    proposed_by TEXT    NOT NULL REFERENCES admins (id),
    decided_by  TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL CHECK (state IN ('waiting', 'confirmed', 'done', 'failed', 'refused', 'ended')),
    cause       TEXT    NOT NULL DEFAULT '',
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    decided_at  INTEGER NOT NULL DEFAULT 0,
    ended_at    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX proposals_newest ON proposals (created_at, id);
CREATE INDEX proposals_open ON proposals (expires_at) WHERE state IN ('waiting', 'confirmed');
