-- What runs of an import is what was checked, and who is told of what changes of
-- them.

-- +goose Up
-- SHA-256 of the file as it was uploaded, hexadecimal; empty until it was checked
-- where it was uploaded before this was known.
ALTER TABLE imports ADD COLUMN digest TEXT NOT NULL DEFAULT '';
-- SHA-256 of what the check wrote down of each row; empty until it was checked.
ALTER TABLE imports ADD COLUMN findings TEXT NOT NULL DEFAULT '';
-- Those that were checked without it are checked again, and start when they are
-- started again: the same file changes nothing twice.
UPDATE imports SET state = 'uploaded', rows = 0, seen_added = 0, seen_changed = 0, seen_unchanged = 0, seen_faulty = 0, states = 0, faults = '',
    position = 0, done = 0, added = 0, changed = 0, unchanged = 0, faulty = 0, result = 0, started_at = 0, lease = '', lease_process = '', leased_until = 0
WHERE state IN ('checked', 'running');

-- What waits for a device.
CREATE INDEX jobs_device ON jobs (device_id) WHERE state = 'waiting';

-- Pictures that no version of the branding and no proposal names were uploaded
-- and never became the logo.
DELETE FROM logos WHERE id NOT IN (SELECT value ->> 'logo' FROM choices WHERE name = 'branding' AND value ->> 'logo' IS NOT NULL)
AND NOT EXISTS (SELECT 1 FROM proposals WHERE state IN ('waiting', 'confirmed') AND instr(payload, logos.id) > 0);
