-- Jobs have lanes: whom they need to answer. One that hangs then holds up its
-- own jobs only.

-- +goose Up
-- The request's ACP connection, or the host of the push service.
ALTER TABLE jobs ADD COLUMN lane TEXT NOT NULL DEFAULT '';

UPDATE jobs SET lane = coalesce((SELECT connection FROM requests WHERE requests.id = jobs.request_id), '')
WHERE kind IN ('acp.settle', 'acp.recognise');

-- All that looking for the next job reads.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (kind, state, run_at, id, lease_until, lane);
