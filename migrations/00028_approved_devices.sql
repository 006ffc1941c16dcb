-- What a device that another one let in is worth.

-- +goose Up
-- Since when the device that approved this one's link, and the passkey that it
-- signed with then, were the person's; 0 where no device did.
ALTER TABLE devices ADD COLUMN approver_since INTEGER NOT NULL DEFAULT 0;
