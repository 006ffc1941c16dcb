-- What a report pauses, and what a new installation begins with.

-- +goose Up
-- Which requests a pause of a person's is about: all, or payments.
ALTER TABLE persons ADD COLUMN pause_scope TEXT NOT NULL DEFAULT 'all' CHECK (pause_scope IN ('all', 'payments'));

-- What ends with such a pause is payments alone.
ALTER TABLE endings ADD COLUMN payments INTEGER NOT NULL DEFAULT 0;

-- A choice that the installation began with, chosen by no administrator.
ALTER TABLE choices ADD COLUMN first INTEGER NOT NULL DEFAULT 0;

-- A database that is being made has no purpose yet: its first choices are due.
INSERT INTO meta (key, value) SELECT 'first choices', 'due' WHERE NOT EXISTS (SELECT 1 FROM meta WHERE key = 'purpose');
