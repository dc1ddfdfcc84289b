-- Values that tickets are classified with, of every kind in one table: ids are unique over the kinds.
CREATE TABLE catalog_entries (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('category', 'ticket_type', 'priority', 'issue_type', 'sub_issue_type')),
  display_name TEXT NOT NULL,
  -- Of a sub-issue type: its issue type.
  parent TEXT,
  rank BIGINT NOT NULL,
  is_default BOOLEAN NOT NULL,
  retired BOOLEAN NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE TABLE assets (
  tenant TEXT NOT NULL,
  account TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('hardware', 'software')),
  display_name TEXT NOT NULL,
  identifier TEXT NOT NULL,
  site TEXT,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, account, id)
);

CREATE INDEX assets_by_name ON assets (tenant, display_name, account, id);

CREATE TABLE ticket_settings (
  tenant TEXT NOT NULL PRIMARY KEY,
  submission_allowed BOOLEAN NOT NULL,
  show_time_entries BOOLEAN NOT NULL,
  -- One address a line.
  submission_notification_emails TEXT NOT NULL,
  add_ticket_text TEXT NOT NULL,
  add_ticket_text_active BOOLEAN NOT NULL,
  default_assignee TEXT,
  reopen_days BIGINT NOT NULL,
  version BIGINT NOT NULL
);
