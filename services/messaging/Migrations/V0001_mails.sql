-- Outgoing mail: the queue, and what became of each.
CREATE TABLE mails (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  -- The service that queued it, and its request id: together they queue one mail, for ever.
  sender TEXT NOT NULL,
  request_id TEXT NOT NULL,
  -- One a line: the address, a space, the name.
  recipients TEXT NOT NULL,
  from_display_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  text_body TEXT NOT NULL,
  html_body TEXT NOT NULL,
  template TEXT NOT NULL,
  -- Recipients and subject folded for searching.
  search_text TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'failed', 'kept')),
  created BIGINT NOT NULL,
  sent BIGINT,
  -- When a queued mail is tried next. A claim moves it ahead, so that nobody else tries meanwhile.
  due BIGINT NOT NULL,
  -- Also the fence of a claim: who reports names the attempt.
  attempts BIGINT NOT NULL,
  last_error TEXT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE UNIQUE INDEX mails_by_request ON mails (tenant, sender, request_id);
CREATE INDEX mails_by_creation ON mails (tenant, created, id);
CREATE INDEX mails_by_state ON mails (tenant, state, created, id);
CREATE INDEX mails_due ON mails (tenant, due, id) WHERE state = 'queued';
