-- Notifications are proven by opening one.

-- +goose Up
-- When the person first opened a notice that came by this subscription.
ALTER TABLE subscriptions ADD COLUMN proven_at INTEGER NOT NULL DEFAULT 0;
UPDATE subscriptions SET proven_at = last_opened_at;

-- Who can be asked and is notified is one whose notifications were seen to work.
DROP VIEW person_standings;
CREATE VIEW person_standings AS
SELECT p.id AS person_id, CASE
    WHEN NOT EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
        WHERE d.person_id = p.id AND d.state = 'active' AND c.revoked_at = 0) THEN 'none'
    WHEN EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id JOIN subscriptions s ON s.device_id = d.id
        WHERE d.person_id = p.id AND d.state = 'active' AND c.revoked_at = 0 AND s.ended_at = 0 AND s.proven_at > 0) THEN 'ready'
    ELSE 'deaf' END AS standing
FROM persons p;

-- +goose StatementBegin
CREATE TRIGGER standing_subscription_proven AFTER UPDATE OF proven_at ON subscriptions WHEN OLD.proven_at <> NEW.proven_at BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id)
    WHERE id = (SELECT person_id FROM devices WHERE id = NEW.device_id);
END;
-- +goose StatementEnd

UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id);
