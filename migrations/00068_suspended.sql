-- Letting a person or a device in again doesn't bring back what was approved
-- before it was suspended.

-- +goose Up
-- When it was suspended last, by then let in again or not; 0: never.
ALTER TABLE persons ADD COLUMN suspended_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE devices ADD COLUMN suspended_at INTEGER NOT NULL DEFAULT 0;

-- All that was decided so far came before the suspension that lasts.
UPDATE persons SET suspended_at = coalesce((SELECT max(r.decided_at) FROM requests r WHERE r.person_id = persons.id), 0)
WHERE state = 'suspended' AND erased_at = 0;
UPDATE devices SET suspended_at = coalesce((SELECT max(r.decided_at) FROM requests r WHERE r.person_id = devices.person_id AND r.decided_by = devices.id), 0)
WHERE state = 'suspended';
