-- Of an erased person's withdrawal in doubt the login state stays until the
-- doubt ends, at the latest until retention finds it.

-- +goose Up
DROP INDEX requests_said;
CREATE INDEX requests_to_empty ON requests (created_at)
WHERE payload <> '' OR details <> '' OR acp_said <> '' OR login_state <> '';
