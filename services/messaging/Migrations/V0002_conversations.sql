-- People carry the name they had when the conversation began: a list needs no other service.
CREATE TABLE conversations (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  account_display_name TEXT NOT NULL,
  contact TEXT NOT NULL,
  contact_display_name TEXT NOT NULL,
  -- The contact's site then.
  site TEXT,
  subject TEXT NOT NULL,
  last_message BIGINT NOT NULL,
  snippet TEXT NOT NULL,
  last_author_display_name TEXT NOT NULL,
  -- How many messages either side has written: what is unread is counted without reading messages.
  staff_messages BIGINT NOT NULL,
  contact_messages BIGINT NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE INDEX conversations_by_message ON conversations (tenant, last_message, id);
CREATE INDEX conversations_by_contact ON conversations (tenant, account, contact, last_message, id);

CREATE TABLE messages (
  tenant TEXT NOT NULL,
  conversation TEXT NOT NULL,
  -- 1, 2, 3 …; the last segment of the name.
  position BIGINT NOT NULL,
  body TEXT NOT NULL,
  author TEXT NOT NULL,
  author_display_name TEXT NOT NULL,
  from_staff BOOLEAN NOT NULL,
  created BIGINT NOT NULL,
  PRIMARY KEY (tenant, conversation, position),
  FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);

-- One person's own view of a conversation; without a row: nothing read, no star, in the inbox.
CREATE TABLE conversation_marks (
  tenant TEXT NOT NULL,
  reader TEXT NOT NULL,
  conversation TEXT NOT NULL,
  is_staff BOOLEAN NOT NULL,
  -- How many messages of the other side the reader has seen.
  seen BIGINT NOT NULL,
  starred BOOLEAN NOT NULL,
  folder TEXT NOT NULL CHECK (folder IN ('inbox', 'archived')),
  PRIMARY KEY (tenant, reader, conversation),
  FOREIGN KEY (tenant, conversation) REFERENCES conversations (tenant, id)
);

CREATE INDEX conversation_marks_by_conversation ON conversation_marks (tenant, conversation);
