-- +goose Up
-- A passkey that keeps failing its checks on its device, or became of a kind that
-- the policy refuses, doesn't count as a way to answer until it passes again.
ALTER TABLE credentials ADD COLUMN failures INTEGER NOT NULL DEFAULT 0; -- in a row
ALTER TABLE credentials ADD COLUMN unfit_at INTEGER NOT NULL DEFAULT 0; -- 0: fit
