-- What protects can't be loosened at a start without a trace.

-- +goose Up
-- The settings that protect, as they were at the last start. fixed: it was set
-- where the service is started; else the console may choose.
CREATE TABLE start_settings (
    name  TEXT    NOT NULL PRIMARY KEY,
    value TEXT    NOT NULL,
    fixed INTEGER NOT NULL,
    at    INTEGER NOT NULL
) STRICT;
