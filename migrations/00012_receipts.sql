-- What is kept of an approval is its receipt, which holds the signature.

-- +goose Up
ALTER TABLE requests RENAME COLUMN signature TO receipt;
