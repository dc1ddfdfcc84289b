-- Sessions that are kept beyond a visit, step-ups, known devices and API tokens.

ALTER TABLE sessions ADD COLUMN is_kept BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sessions ADD COLUMN authenticated_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN active_until BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET authenticated_at = created_at, active_until = last_used_at + idle;

-- Browsers that somebody has signed in with. One secret of a browser for each of its users.
CREATE TABLE known_devices (
  tenant TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, token_hash),
  FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id)
);
CREATE INDEX known_devices_by_user ON known_devices (tenant, user_id, last_used_at);

-- Scopes are permissions as their enum spells them, joined by spaces.
CREATE TABLE api_tokens (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  scopes TEXT NOT NULL,
  hint TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  last_used_at BIGINT,
  last_used_address TEXT NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id)
);
CREATE UNIQUE INDEX api_tokens_by_token ON api_tokens (tenant, token_hash);
CREATE INDEX api_tokens_by_user ON api_tokens (tenant, user_id, created_at, id);
