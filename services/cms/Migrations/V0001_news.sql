CREATE TABLE news (
  tenant TEXT NOT NULL,
  id TEXT NOT NULL,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  body TEXT NOT NULL,
  pinned BOOLEAN NOT NULL,
  -- NULL: a draft.
  publish BIGINT,
  -- The time of publishing, or the end of time for a draft: what lists are ordered by.
  publish_order BIGINT NOT NULL,
  author TEXT NOT NULL,
  author_display_name TEXT NOT NULL,
  created BIGINT NOT NULL,
  updated BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (tenant, id)
);

CREATE INDEX news_by_time ON news (tenant, pinned, publish_order, id);
