-- Why a request was kept quiet, back-off after a denial, limits over all clients,
-- and who is under attack.

-- +goose Up
-- Why nothing was sent of a request: muted, back_off, burst or flood; empty
-- where it was notified. quiet stays as the flag: 1 where there is a cause.
ALTER TABLE requests ADD COLUMN quiet_cause TEXT NOT NULL DEFAULT '';
-- The limit that its notice counted towards: person, or reserve; empty where
-- there was no notice.
ALTER TABLE requests ADD COLUMN notice_pool TEXT NOT NULL DEFAULT '';
UPDATE requests SET quiet_cause = CASE WHEN EXISTS (SELECT 1 FROM mutes m WHERE m.person_id = requests.person_id
        AND m.client_id = requests.client_id AND requests.created_at BETWEEN m.until - 86400000 AND m.until)
    THEN 'muted' ELSE 'burst' END WHERE quiet = 1;
UPDATE requests SET notice_pool = 'person' WHERE quiet = 0 AND kind <> 'test' AND created_at > unixepoch() * 1000 - 600000;

CREATE INDEX requests_notified ON requests (person_id, client_id, created_at) WHERE notice_pool <> '';
CREATE INDEX requests_pool ON requests (person_id, notice_pool, created_at) WHERE notice_pool <> '';
CREATE INDEX requests_quiet ON requests (person_id, client_id, created_at) WHERE quiet_cause <> '';
CREATE INDEX requests_approved ON requests (person_id, client_id, decided_at) WHERE state = 'approved';

-- How often a person said no to a client since they last approved a request of
-- it, and when last. Requests that were waiting already count as one.
CREATE TABLE backoffs (
    person_id TEXT    NOT NULL REFERENCES persons (id),
    client_id TEXT    NOT NULL,
    steps     INTEGER NOT NULL,
    denied_at INTEGER NOT NULL,
    PRIMARY KEY (person_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX backoffs_age ON backoffs (denied_at);

-- The last sign of an attack on a person, 0 where there was none, and what it
-- was: burst, flood or report.
ALTER TABLE persons ADD COLUMN attacked_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE persons ADD COLUMN attack TEXT NOT NULL DEFAULT '';
UPDATE persons SET attack = 'report', attacked_at = (SELECT max(created_at) FROM reports WHERE person_id = persons.id)
    WHERE id IN (SELECT person_id FROM reports);
UPDATE persons SET attack = 'burst', attacked_at = (SELECT max(created_at) FROM requests WHERE person_id = persons.id AND quiet_cause = 'burst')
    WHERE id IN (SELECT person_id FROM requests WHERE quiet_cause = 'burst')
    AND attacked_at < (SELECT max(created_at) FROM requests WHERE person_id = persons.id AND quiet_cause = 'burst');
CREATE INDEX persons_attacked ON persons (attacked_at) WHERE attacked_at > 0;
CREATE INDEX persons_attacked_sort ON persons (sort, id) WHERE attacked_at > 0;
