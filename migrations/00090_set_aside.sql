-- An ending that fails is put aside for a while, and rows are found that a clock
-- which ran ahead wrote.

-- +goose Up
-- How often the last step of an ending failed in a row, and when it is tried next.
ALTER TABLE endings ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endings ADD COLUMN retry_at INTEGER NOT NULL DEFAULT 0;

-- By these a time that is still to come is found: see EndDue.
CREATE INDEX devices_age ON devices (created_at);
CREATE INDEX credentials_age ON credentials (created_at);
CREATE INDEX jobs_age ON jobs (created_at);
CREATE INDEX invitations_age ON invitations (created_at) WHERE used_at = 0 AND ended_at = 0;
CREATE INDEX persons_suspended_at ON persons (suspended_at) WHERE suspended_at > 0;
CREATE INDEX devices_suspended_at ON devices (suspended_at) WHERE suspended_at > 0;
