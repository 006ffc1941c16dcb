-- What ACP wrote when it refused something of a request stands in a column of
-- its own, which erasure and retention empty. Causes are codes: the words of
-- earlier versions become the code that they meant.

-- +goose Up
ALTER TABLE requests ADD COLUMN acp_said TEXT NOT NULL DEFAULT '';

UPDATE requests SET acp_said = substr(delivery_cause, 1, 500)
    WHERE delivery_cause LIKE '%acp: %' AND payload <> '' AND EXISTS (SELECT 1 FROM persons WHERE id = person_id AND erased_at = 0);

CREATE TEMP TABLE spelt (words TEXT NOT NULL PRIMARY KEY, code TEXT NOT NULL);
INSERT OR IGNORE INTO spelt (words, code) SELECT delivery_cause, '' FROM requests WHERE delivery_cause <> '';
INSERT OR IGNORE INTO spelt (words, code) SELECT last_error, '' FROM jobs WHERE last_error <> '';
UPDATE spelt SET code = (SELECT CASE
        WHEN w LIKE 'ACP no longer knows the login%' THEN 'login_gone'
        WHEN w LIKE 'ACP has closed the login%' THEN 'login_closed'
        WHEN w LIKE 'ACP holds the opposite decision%' THEN 'opposite_decision'
        WHEN w LIKE 'ACP can''t be told:%' OR w LIKE '%unsupported: %' THEN 'unsupported'
        WHEN w LIKE 'connection % is not configured%' THEN 'connection_gone'
        WHEN w LIKE 'panic: %' THEN 'panic'
        WHEN w GLOB '*acp: refused ([1-9][0-9][0-9])*' THEN 'acp_refused_' || substr(w, instr(w, 'acp: refused (') + 14, 3)
        WHEN w GLOB '*acp: credentials ([1-9][0-9][0-9])*' THEN 'acp_credentials_' || substr(w, instr(w, 'acp: credentials (') + 18, 3)
        WHEN w GLOB '*acp: busy ([1-9][0-9][0-9])*' THEN 'acp_busy_' || substr(w, instr(w, 'acp: busy (') + 11, 3)
        WHEN w LIKE '%acp: refused%' THEN 'acp_refused'
        WHEN w LIKE '%acp: credentials%' THEN 'acp_credentials'
        WHEN w LIKE '%acp: busy%' THEN 'acp_busy'
        WHEN w LIKE '%acp: not found%' THEN 'login_gone'
        WHEN w LIKE '%acp: unreachable%' THEN 'acp_unreachable'
        WHEN w LIKE '%acp: unknown%' THEN 'acp_unanswered'
        WHEN w LIKE '%acp: other kind%' THEN 'acp_other_kind'
        WHEN w LIKE '%acp: unreadable%' THEN 'acp_unreadable'
        WHEN w LIKE 'retry by %' THEN 'push_busy'
        WHEN w LIKE 'refused by %' OR w LIKE 'misconfigured by %' THEN 'push_refused'
        ELSE 'other' END
    FROM (SELECT CASE WHEN words LIKE 'no time left: %' THEN substr(words, 15) ELSE words END AS w));
UPDATE spelt SET code = 'late_' || code WHERE words LIKE 'no time left: %';
UPDATE requests SET delivery_cause = (SELECT code FROM spelt WHERE words = delivery_cause) WHERE delivery_cause <> '';
UPDATE jobs SET last_error = (SELECT code FROM spelt WHERE words = last_error) WHERE last_error <> '';
DROP TABLE spelt;
