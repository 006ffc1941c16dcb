-- A suspension takes back what was approved before it by a fact that it stores,
-- not by comparing times: the clock of either may have been wrong.

-- +goose Up
-- Why an approval that ACP wasn't known to have lapsed: the person, or the device
-- that approved, was suspended after it. Empty: neither was.
ALTER TABLE requests ADD COLUMN lapsed TEXT NOT NULL DEFAULT '' CHECK (lapsed IN ('', 'suspended', 'device_lost'));

-- Of those that are under way the audit tells the order, whatever the clock was.
UPDATE requests SET lapsed = 'suspended'
WHERE state = 'approved' AND delivery IN ('waiting', 'unconfirmed', 'failed') AND EXISTS (SELECT 1 FROM audit s
    WHERE s.person_id = requests.person_id AND s.action = 'person.suspended'
    AND s.id > (SELECT max(a.id) FROM audit a WHERE a.request_id = requests.id AND a.action = 'request.approve'));
UPDATE requests SET lapsed = 'device_lost'
WHERE state = 'approved' AND delivery IN ('waiting', 'unconfirmed', 'failed') AND lapsed = '' AND EXISTS (SELECT 1 FROM audit s
    WHERE s.person_id = requests.person_id AND s.device_id = requests.decided_by AND s.action = 'device.suspended'
    AND s.id > (SELECT max(a.id) FROM audit a WHERE a.request_id = requests.id AND a.action = 'request.approve'));

-- By this the old sessions of the console are found, which are swept in steps.
CREATE INDEX admin_sessions_age ON admin_sessions (created_at);
