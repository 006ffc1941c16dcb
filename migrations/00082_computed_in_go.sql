-- What is computed from other rows is computed by the store, in the change that
-- changes them: how a person can be asked, until when a link of theirs works,
-- how many people there are. Triggers stay where they guard: the audit, choices.

-- +goose Up
DROP TRIGGER standing_device_added;
DROP TRIGGER standing_device_changed;
DROP TRIGGER standing_passkey_changed;
DROP TRIGGER standing_subscription_added;
DROP TRIGGER standing_subscription_changed;
DROP TRIGGER standing_subscription_proven;
DROP TRIGGER invited_added;
DROP TRIGGER invited_changed;
DROP TRIGGER people_added;
DROP TRIGGER people_erased;
DROP TRIGGER people_removed;

-- Nothing noticed a subscription that another person's device took over.
UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id)
WHERE standing = 'ready' AND (SELECT standing FROM person_standings WHERE person_id = persons.id) <> 'ready';
DROP VIEW person_standings;

-- Nor a link that was stored when it had ended.
UPDATE persons SET invited_until = coalesce((SELECT max(expires_at) FROM invitations
    WHERE person_id = persons.id AND used_at = 0 AND ended_at = 0), 0) WHERE invited_until > 0;
