-- What happened, counted as it happens, for charts that cost the same at any volume.

-- +goose Up
CREATE TABLE counters (
    span  INTEGER NOT NULL, -- length of the bin, milliseconds
    at    INTEGER NOT NULL, -- its beginning
    name  TEXT NOT NULL,    -- what is counted
    label TEXT NOT NULL,    -- of which sort: an outcome, a host, a bucket of lengths of time
    n     INTEGER NOT NULL,
    PRIMARY KEY (span, at, name, label)
) STRICT, WITHOUT ROWID;
