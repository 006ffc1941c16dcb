-- Ceremonies by what they are for, so that their number can be bounded.

-- +goose Up
CREATE INDEX ceremonies_owner ON ceremonies (purpose, person_id, device_id, subject, expires_at);
