-- Tenants, their portals, accounts, people, roles, sessions and links.
-- Instants are microseconds since 1970 UTC. Keys that end in _key are case-folded for comparison.

CREATE TABLE tenants (
  tenant TEXT NOT NULL PRIMARY KEY,
  display_name TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  currency TEXT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE portal_settings (
  tenant TEXT NOT NULL PRIMARY KEY,
  is_active BOOLEAN NOT NULL,
  allows_sign_up BOOLEAN NOT NULL,
  sign_up_emails TEXT NOT NULL,
  portal_name TEXT NOT NULL,
  contact_email TEXT NOT NULL,
  contact_phone TEXT NOT NULL,
  brand_color TEXT NOT NULL,
  social_links TEXT NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE password_policies (
  tenant TEXT NOT NULL PRIMARY KEY,
  min_length BIGINT NOT NULL,
  requires_both_cases BOOLEAN NOT NULL,
  requires_digit BOOLEAN NOT NULL,
  requires_symbol BOOLEAN NOT NULL,
  version BIGINT NOT NULL
);

CREATE TABLE accounts (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  street TEXT NOT NULL,
  city TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  region TEXT NOT NULL,
  country TEXT NOT NULL,
  currency TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  locale TEXT NOT NULL,
  is_archived BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE INDEX accounts_by_name ON accounts (tenant, sort_key, id);

CREATE TABLE sites (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  street TEXT NOT NULL,
  city TEXT NOT NULL,
  postal_code TEXT NOT NULL,
  region TEXT NOT NULL,
  country TEXT NOT NULL,
  phone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, id),
  FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id)
);

CREATE TABLE contacts (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  email TEXT NOT NULL,
  phone TEXT NOT NULL,
  mobile TEXT NOT NULL,
  job_title TEXT NOT NULL,
  site TEXT,
  sort_key TEXT NOT NULL,
  search_key TEXT NOT NULL,
  is_archived BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, id),
  FOREIGN KEY (tenant, account) REFERENCES accounts (tenant, id),
  FOREIGN KEY (tenant, account, site) REFERENCES sites (tenant, account, id)
);
CREATE INDEX contacts_by_name ON contacts (tenant, sort_key, account, id);

CREATE TABLE users (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  user_name_key TEXT NOT NULL,
  kind TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL,
  phone TEXT NOT NULL,
  mobile TEXT NOT NULL,
  role TEXT,
  is_disabled BOOLEAN NOT NULL,
  password_hash TEXT,
  landing_page TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_sign_in_at BIGINT,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
CREATE UNIQUE INDEX users_by_user_name ON users (tenant, user_name_key);
CREATE INDEX users_by_email ON users (tenant, email_key);
CREATE INDEX users_by_name ON users (tenant, sort_key, id);

CREATE TABLE memberships (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  contact TEXT NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  is_enabled BOOLEAN NOT NULL,
  PRIMARY KEY (tenant, account, contact),
  FOREIGN KEY (tenant, account, contact) REFERENCES contacts (tenant, account, id),
  FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id)
);
-- One person is one contact of an account.
CREATE UNIQUE INDEX memberships_by_user ON memberships (tenant, user_id, account);
CREATE INDEX memberships_by_role ON memberships (tenant, role);

-- Only the tenant's own roles: the built-in ones are part of the program.
CREATE TABLE roles (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  display_name TEXT NOT NULL,
  sort_key TEXT NOT NULL,
  description TEXT NOT NULL,
  for_customers BOOLEAN NOT NULL,
  quick_tickets BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE role_grants (
  tenant TEXT NOT NULL,
  role TEXT NOT NULL,
  permission TEXT NOT NULL,
  reach BIGINT NOT NULL,
  PRIMARY KEY (tenant, role, permission),
  FOREIGN KEY (tenant, role) REFERENCES roles (tenant, id)
);

CREATE TABLE sessions (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  idle BIGINT NOT NULL,
  user_agent TEXT NOT NULL,
  address TEXT NOT NULL,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id)
);
CREATE UNIQUE INDEX sessions_by_token ON sessions (tenant, token_hash);
CREATE INDEX sessions_by_user ON sessions (tenant, user_id, created_at, id);

CREATE TABLE links (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  token_hash BYTEA NOT NULL,
  user_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  email TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT,
  revoked_at BIGINT,
  PRIMARY KEY (tenant, id),
  FOREIGN KEY (tenant, user_id) REFERENCES users (tenant, id)
);
CREATE UNIQUE INDEX links_by_token ON links (tenant, token_hash);
CREATE INDEX links_by_user ON links (tenant, user_id, purpose);

-- Counted guesses, for names that exist and names that do not alike.
CREATE TABLE guesses (
  tenant TEXT NOT NULL,
  subject TEXT NOT NULL,
  recent TEXT NOT NULL,
  in_row BIGINT NOT NULL,
  blocked_until BIGINT,
  touched_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, subject)
);

-- Asked-for resets, looked up after the answer has gone out, so that the answer takes no longer for known names.
CREATE TABLE reset_requests (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  login_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);
