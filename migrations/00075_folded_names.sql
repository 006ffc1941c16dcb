-- +goose Up
-- Names are folded further than before: letters with strokes and dots, and
-- apostrophes. Those concerned are indexed when the database is opened next.
UPDATE persons SET sort = '' WHERE erased_at = 0 AND (name GLOB '*[^ -~]*' OR name GLOB '*[''`]*');
