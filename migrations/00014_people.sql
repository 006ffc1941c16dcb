-- Finding people among a million, and letting them go.

-- +goose Up
-- The name as it is sorted and searched: folded; filled in Go, empty until then.
ALTER TABLE persons ADD COLUMN sort TEXT NOT NULL DEFAULT '';
-- When the person was erased: name and identifiers are gone, the reference stays.
ALTER TABLE persons ADD COLUMN erased_at INTEGER NOT NULL DEFAULT 0;
-- Whether they can be asked: none without a device that can sign, deaf with one
-- that isn't notified, ready. Kept by the triggers below.
ALTER TABLE persons ADD COLUMN standing TEXT NOT NULL DEFAULT 'none' CHECK (standing IN ('none', 'deaf', 'ready'));

-- Until when a link of theirs works that nobody used; 0 without one.
ALTER TABLE persons ADD COLUMN invited_until INTEGER NOT NULL DEFAULT 0;

-- One for each list of the console, in the order in which it is read.
CREATE INDEX persons_sort ON persons (sort, id) WHERE erased_at = 0;
CREATE INDEX persons_enrolled ON persons (sort, id) WHERE erased_at = 0 AND standing <> 'none';
CREATE INDEX persons_deaf ON persons (sort, id) WHERE erased_at = 0 AND standing = 'deaf';
CREATE INDEX persons_bare ON persons (sort, id) WHERE erased_at = 0 AND standing = 'none';
CREATE INDEX persons_invited ON persons (sort, id) WHERE erased_at = 0 AND invited_until > 0;
CREATE INDEX persons_suspended ON persons (sort, id) WHERE erased_at = 0 AND state = 'suspended';
CREATE INDEX persons_paused ON persons (sort, id) WHERE erased_at = 0 AND paused_at > 0;
CREATE INDEX identifiers_norm ON identifiers (norm, person_id);

-- Every word of every name, folded.
CREATE TABLE person_words (
    word      TEXT NOT NULL,
    sort      TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES persons (id),
    PRIMARY KEY (word, sort, person_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX person_words_person ON person_words (person_id, word);

CREATE VIEW person_standings AS
SELECT p.id AS person_id, CASE
    WHEN NOT EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id
        WHERE d.person_id = p.id AND d.state = 'active' AND c.revoked_at = 0) THEN 'none'
    WHEN EXISTS (SELECT 1 FROM devices d JOIN credentials c ON c.id = d.credential_id JOIN subscriptions s ON s.device_id = d.id
        WHERE d.person_id = p.id AND d.state = 'active' AND c.revoked_at = 0 AND s.ended_at = 0) THEN 'ready'
    ELSE 'deaf' END AS standing
FROM persons p;

-- +goose StatementBegin
CREATE TRIGGER standing_device_added AFTER INSERT ON devices BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = NEW.person_id) WHERE id = NEW.person_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER standing_device_changed AFTER UPDATE OF state, credential_id ON devices BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = NEW.person_id) WHERE id = NEW.person_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER standing_passkey_changed AFTER UPDATE OF revoked_at ON credentials BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = NEW.person_id) WHERE id = NEW.person_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER standing_subscription_added AFTER INSERT ON subscriptions BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id)
    WHERE id = (SELECT person_id FROM devices WHERE id = NEW.device_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER standing_subscription_changed AFTER UPDATE OF ended_at ON subscriptions WHEN OLD.ended_at <> NEW.ended_at BEGIN
    UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id)
    WHERE id = (SELECT person_id FROM devices WHERE id = NEW.device_id);
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER invited_added AFTER INSERT ON invitations BEGIN
    UPDATE persons SET invited_until = max(invited_until, NEW.expires_at) WHERE id = NEW.person_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER invited_changed AFTER UPDATE OF used_at, ended_at ON invitations BEGIN
    UPDATE persons SET invited_until = coalesce((SELECT max(expires_at) FROM invitations
        WHERE person_id = NEW.person_id AND used_at = 0 AND ended_at = 0), 0) WHERE id = NEW.person_id;
END;
-- +goose StatementEnd

UPDATE persons SET invited_until = coalesce((SELECT max(expires_at) FROM invitations
    WHERE person_id = persons.id AND used_at = 0 AND ended_at = 0), 0);
UPDATE persons SET standing = (SELECT standing FROM person_standings WHERE person_id = persons.id);
