-- Requests as administrators look for them.

-- +goose Up
CREATE INDEX requests_created ON requests (created_at, id);
CREATE INDEX requests_state ON requests (state, created_at, id);
CREATE INDEX requests_client ON requests (client_id, created_at, id);
CREATE INDEX requests_undelivered ON requests (delivery, created_at, id) WHERE delivery IN ('waiting', 'unconfirmed', 'failed');
