-- Open banking: the consent that a request is about, and whose it is.

-- +goose Up
-- The consent's id at ACP; empty for a plain sign-in.
ALTER TABLE requests ADD COLUMN consent_id TEXT NOT NULL DEFAULT '';

-- What ACP said of a Brazilian consent that it named instead of a person,
-- kept as long as the consent may live.
CREATE TABLE consent_owners (
    connection TEXT    NOT NULL,
    consent_id TEXT    NOT NULL,
    server_id  TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    cpf        TEXT    NOT NULL,
    cnpj       TEXT    NOT NULL DEFAULT '',
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (connection, consent_id)
) STRICT;
CREATE INDEX consent_owners_expiry ON consent_owners (expires_at);
