-- A person adds a device, or replaces one, from a device that they have: the
-- link that it gives is approved already.

-- +goose Up
-- The device whose passkey approved the link; empty for an administrator's.
ALTER TABLE invitations ADD COLUMN approved_by TEXT NOT NULL DEFAULT '';
-- The device that ends once the new one is set up.
ALTER TABLE invitations ADD COLUMN replaces TEXT NOT NULL DEFAULT '';
