-- Where a device's notices went before somebody who couldn't tell that they hold
-- its browser had them go elsewhere: to tell the person there, and to know the
-- browser when it comes back.

-- +goose Up
CREATE TABLE former_subscriptions (
    id        TEXT    NOT NULL PRIMARY KEY,
    device_id TEXT    NOT NULL REFERENCES devices (id),
    endpoint  TEXT    NOT NULL,
    p256dh    TEXT    NOT NULL,
    auth      TEXT    NOT NULL,
    trusted   INTEGER NOT NULL, -- 1: it wasn't the successor of an unexplained move itself
    at        INTEGER NOT NULL, -- when it was replaced
    UNIQUE (device_id, endpoint)
) STRICT;
CREATE INDEX former_subscriptions_age ON former_subscriptions (at);

-- When an unexplained move led to this subscription, or to one before it in its
-- line; 0 where none did.
ALTER TABLE subscriptions ADD COLUMN moved_at INTEGER NOT NULL DEFAULT 0;
