-- Accounts of companies beside those of the people who act for them.

-- +goose Up
-- company is the CNPJ whose account it is, empty where it is the person's own.
-- joint is what the bank says; that two people hold an account says so too.
CREATE TABLE accounts_of (
    person_id                TEXT    NOT NULL REFERENCES persons (id),
    company                  TEXT    NOT NULL,
    id                       TEXT    NOT NULL,
    kind                     TEXT    NOT NULL CHECK (kind IN ('account', 'card')),
    name                     TEXT    NOT NULL,
    scheme                   TEXT    NOT NULL,
    identification           TEXT    NOT NULL,
    secondary_identification TEXT    NOT NULL,
    ispb                     TEXT    NOT NULL,
    issuer                   TEXT    NOT NULL,
    number                   TEXT    NOT NULL,
    account_type             TEXT    NOT NULL,
    currency                 TEXT    NOT NULL,
    balance                  TEXT    NOT NULL,
    unpayable                TEXT    NOT NULL,
    joint                    INTEGER NOT NULL CHECK (joint IN (0, 1)),
    PRIMARY KEY (person_id, company, id)
) STRICT;
INSERT INTO accounts_of (person_id, company, id, kind, name, scheme, identification, secondary_identification,
    ispb, issuer, number, account_type, currency, balance, unpayable, joint)
SELECT person_id, '', id, kind, name, scheme, identification, secondary_identification,
    ispb, issuer, number, account_type, currency, balance, unpayable, 0
FROM accounts;
DROP TABLE accounts;
ALTER TABLE accounts_of RENAME TO accounts;
-- Who else holds an account.
CREATE INDEX accounts_holders ON accounts (id) WHERE company = '';

-- What was paid for a company is no habit of the person's own, nor the reverse.
-- Payments from before count as the person's own.
ALTER TABLE payments ADD COLUMN company TEXT NOT NULL DEFAULT '';
DROP INDEX payments_payee;
DROP INDEX payments_recent;
CREATE INDEX payments_payee ON payments (person_id, company, payee_hash);
CREATE INDEX payments_recent ON payments (person_id, company, currency, created_at);
