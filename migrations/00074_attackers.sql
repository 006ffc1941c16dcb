-- Which clients were the cause of an attack on a person. After a burst or a
-- flood the clients that the person knows keep working, apart from these.

-- +goose Up
CREATE TABLE attackers (
    person_id TEXT    NOT NULL REFERENCES persons (id),
    client_id TEXT    NOT NULL,
    at        INTEGER NOT NULL, -- of the last sign
    PRIMARY KEY (person_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX attackers_age ON attackers (at);
INSERT INTO attackers (person_id, client_id, at)
    SELECT person_id, client_id, max(created_at) FROM requests
    WHERE quiet_cause = 'burst' AND created_at > unixepoch() * 1000 - 3600000 GROUP BY person_id, client_id;
