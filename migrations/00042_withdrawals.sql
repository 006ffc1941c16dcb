-- An approval that loses its standing after a try whose answer was lost is
-- withdrawn: the request is cancelled, and grant and receipt stay, for ACP may
-- have taken it.

-- +goose Up
-- When an approval was withdrawn that ACP may have had by then; 0: never.
ALTER TABLE requests ADD COLUMN withdrawn_at INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn_at = 0 OR state = 'cancelled');
-- Whether ACP holds an approval although the request ended otherwise.
ALTER TABLE requests ADD COLUMN acp_approved INTEGER NOT NULL DEFAULT 0 CHECK (acp_approved = 0 OR state <> 'approved' AND delivery = 'failed');
-- When an administrator said that what ACP holds, or may hold, is dealt with; 0: not yet.
ALTER TABLE requests ADD COLUMN resolved_at INTEGER NOT NULL DEFAULT 0;
-- The passkey that approved.
ALTER TABLE requests ADD COLUMN signed_with TEXT NOT NULL DEFAULT '';

-- Those that somebody must look at.
CREATE INDEX requests_in_doubt ON requests (created_at, id)
WHERE resolved_at = 0 AND (acp_approved = 1 OR withdrawn_at > 0 AND delivery IN ('unconfirmed', 'failed'));
