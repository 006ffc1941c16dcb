-- What a person waits for does not stand behind a flood of what can wait.

-- +goose Up
-- 0: a person or an administrator waits for it; 1: everything else.
ALTER TABLE jobs ADD COLUMN rank INTEGER NOT NULL DEFAULT 0 CHECK (rank IN (0, 1));

-- Of deliveries: rejections that were never an approval. Of notices: those that
-- take another one back.
UPDATE jobs SET rank = 1 WHERE kind = 'push.send' AND payload = 'handled'
    OR kind = 'acp.settle' AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.id = jobs.request_id
        AND (r.state = 'approved' OR r.withdrawn_at > 0 OR r.granted <> '' OR r.receipt <> ''));

-- All that looking for the next job reads.
DROP INDEX jobs_due;
CREATE INDEX jobs_due ON jobs (kind, state, rank, run_at, id, lease_until, lane);
-- The order of those that a person waits for: as they came, but one whose time
-- runs out within a minute before those that have more. So none is overtaken for
-- longer than a minute.
ALTER TABLE jobs ADD COLUMN begin_by INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET begin_by = min(deadline, created_at + 60000);
CREATE INDEX jobs_first ON jobs (kind, begin_by, id, run_at, lease_until, lane) WHERE state = 'waiting' AND rank = 0;
