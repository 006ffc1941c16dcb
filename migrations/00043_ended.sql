-- What time ends is stored as ended: these find what is due.

-- +goose Up
CREATE INDEX invitations_due ON invitations (expires_at) WHERE used_at = 0 AND ended_at = 0;
CREATE INDEX invitations_activated ON invitations (activated_until) WHERE activation <> '';
CREATE INDEX activation_codes_due ON activation_codes (expires_at) WHERE used_at = 0 AND ended_at = 0;
CREATE INDEX admin_links_due ON admin_links (expires_at) WHERE used_at = 0 AND ended_at = 0;
CREATE INDEX admin_sessions_live ON admin_sessions (last_seen_at) WHERE ended_at = 0;
CREATE INDEX mutes_due ON mutes (until);
CREATE INDEX devices_app ON devices (app_until) WHERE app_until <> 0;
