-- Which tickets hold three letters in a row, for searching: made from search_text by triggers, without content of its own.
-- Its row ids are those of tickets, which grow with the numbers of a tenant: a ticket is never moved.
CREATE VIRTUAL TABLE tickets_search
USING fts5(search_text, content='', tokenize='trigram case_sensitive 1', detail=none);
INSERT INTO tickets_search (rowid, search_text) SELECT rowid, search_text FROM tickets;

CREATE TRIGGER tickets_search_insert AFTER INSERT ON tickets BEGIN
  INSERT INTO tickets_search (rowid, search_text) VALUES (NEW.rowid, NEW.search_text);
END;
CREATE TRIGGER tickets_search_delete AFTER DELETE ON tickets BEGIN
  INSERT INTO tickets_search (tickets_search, rowid, search_text)
  VALUES ('delete', OLD.rowid, OLD.search_text);
END;
CREATE TRIGGER tickets_search_update AFTER UPDATE OF search_text ON tickets
WHEN OLD.search_text <> NEW.search_text BEGIN
  INSERT INTO tickets_search (tickets_search, rowid, search_text)
  VALUES ('delete', OLD.rowid, OLD.search_text);
  INSERT INTO tickets_search (rowid, search_text) VALUES (NEW.rowid, NEW.search_text);
END;

-- Lists of open and closed tickets together, the latest first.
CREATE INDEX tickets_by_age ON tickets (tenant, created, number);
CREATE INDEX tickets_of_account_by_age ON tickets (tenant, account, created, number);
