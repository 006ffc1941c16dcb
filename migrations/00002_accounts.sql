-- The account directory: what people share with others or pay from. An account
-- that several people hold has one row for each of them. Balances are decimal
-- text; they are never computed with.

-- +goose Up
CREATE TABLE accounts (
    person_id                TEXT NOT NULL REFERENCES persons (id),
    id                       TEXT NOT NULL,
    kind                     TEXT NOT NULL CHECK (kind IN ('account', 'card')),
    name                     TEXT NOT NULL,
    scheme                   TEXT NOT NULL,
    identification           TEXT NOT NULL,
    secondary_identification TEXT NOT NULL,
    ispb                     TEXT NOT NULL,
    issuer                   TEXT NOT NULL,
    number                   TEXT NOT NULL,
    account_type             TEXT NOT NULL,
    currency                 TEXT NOT NULL,
    balance                  TEXT NOT NULL,
    unpayable                TEXT NOT NULL,
    PRIMARY KEY (person_id, id)
) STRICT;
