-- One sequence of ticket numbers a tenant; its row is locked while a ticket is made (D-35).
CREATE TABLE ticket_numbers (
  tenant TEXT NOT NULL PRIMARY KEY,
  last BIGINT NOT NULL
);

-- People and places carry the name they had when they were chosen: a list needs no other service.
CREATE TABLE tickets (
  tenant TEXT NOT NULL,
  number BIGINT NOT NULL,
  account TEXT NOT NULL,
  account_display_name TEXT NOT NULL,
  site TEXT,
  site_display_name TEXT NOT NULL,
  contact TEXT NOT NULL,
  contact_display_name TEXT NOT NULL,
  contact_email TEXT NOT NULL,
  title TEXT NOT NULL,
  details TEXT NOT NULL,
  -- Title and details folded for searching.
  search_text TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('new', 'open', 'pending_customer', 'pending_vendor', 'scheduled', 'resolved', 'closed')),
  -- Neither resolved nor closed, kept beside the state so that an index can lead with it.
  is_open BOOLEAN NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('portal', 'email', 'staff')),
  category TEXT,
  type TEXT,
  priority TEXT,
  priority_rank BIGINT NOT NULL,
  issue_type TEXT,
  sub_issue_type TEXT,
  hardware_asset TEXT,
  software_asset TEXT,
  assignee TEXT,
  assignee_display_name TEXT NOT NULL,
  due BIGINT,
  -- The deadline, or the end of time without one: what lists by deadline are ordered by.
  due_order BIGINT NOT NULL,
  created BIGINT NOT NULL,
  -- Last change that a customer may know of, and last change of all.
  updated_public BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  first_response BIGINT,
  resolved BIGINT,
  closed BIGINT,
  follows_account TEXT,
  follows_number BIGINT,
  public_note_count BIGINT NOT NULL,
  internal_note_count BIGINT NOT NULL,
  version BIGINT NOT NULL,
  -- Moves only with what a customer may know of.
  public_version BIGINT NOT NULL,
  PRIMARY KEY (tenant, number)
);

CREATE INDEX tickets_by_creation ON tickets (tenant, is_open, created, number);
CREATE INDEX tickets_by_account ON tickets (tenant, account, is_open, created, number);
CREATE INDEX tickets_by_contact ON tickets (tenant, account, contact, is_open, created, number);
CREATE INDEX tickets_by_assignee ON tickets (tenant, is_open, assignee, created, number);

CREATE TABLE notes (
  tenant TEXT NOT NULL,
  ticket BIGINT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('customer', 'staff', 'event')),
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  author_display_name TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, ticket, id),
  FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
);

CREATE TABLE time_entries (
  tenant TEXT NOT NULL,
  ticket BIGINT NOT NULL,
  id TEXT NOT NULL,
  author TEXT NOT NULL,
  author_display_name TEXT NOT NULL,
  started BIGINT NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 1440),
  note TEXT NOT NULL,
  billable BOOLEAN NOT NULL,
  is_public BOOLEAN NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, ticket, id),
  FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
);

-- A file waits here for the ticket or note that will name it.
CREATE TABLE uploads (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  owner TEXT NOT NULL,
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  blob TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE INDEX uploads_by_age ON uploads (tenant, created);
CREATE INDEX uploads_by_owner ON uploads (tenant, owner);

CREATE TABLE attachments (
  tenant TEXT NOT NULL,
  ticket BIGINT NOT NULL,
  id TEXT NOT NULL,
  -- NULL: it came with the ticket itself.
  note TEXT,
  visibility TEXT NOT NULL CHECK (visibility IN ('public', 'internal')),
  file_name TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size_bytes BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  blob TEXT NOT NULL,
  author_display_name TEXT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, ticket, id),
  FOREIGN KEY (tenant, ticket) REFERENCES tickets (tenant, number)
);

-- Where staff are mailed, remembered when a ticket is given to them.
CREATE TABLE assignees (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  email TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);
