-- How many there are of what is too many to count for each page.

-- +goose Up
CREATE TABLE tallies (
    name TEXT    NOT NULL PRIMARY KEY, -- people: those who were not erased
    n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO tallies (name, n) SELECT 'people', count(*) FROM persons WHERE erased_at = 0;

-- +goose StatementBegin
CREATE TRIGGER people_added AFTER INSERT ON persons WHEN NEW.erased_at = 0 BEGIN
    UPDATE tallies SET n = n + 1 WHERE name = 'people';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_erased AFTER UPDATE OF erased_at ON persons WHEN (OLD.erased_at = 0) <> (NEW.erased_at = 0) BEGIN
    UPDATE tallies SET n = n + (NEW.erased_at = 0) - (OLD.erased_at = 0) WHERE name = 'people';
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER people_removed AFTER DELETE ON persons WHEN OLD.erased_at = 0 BEGIN
    UPDATE tallies SET n = n - 1 WHERE name = 'people';
END;
-- +goose StatementEnd
