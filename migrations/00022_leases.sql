-- A lease names the process that holds it, so that what a dead process held is
-- known as such at the next start.

-- +goose Up
ALTER TABLE jobs ADD COLUMN lease_process TEXT NOT NULL DEFAULT '';
ALTER TABLE imports ADD COLUMN lease_process TEXT NOT NULL DEFAULT '';
