-- To enter one ticket by itself costs several times what a ticket costs otherwise: every savepoint writes what the index
-- has gathered as a part of its own, and the parts have to be merged. So 256 tickets are entered together, by whoever
-- raises the last of them, and a search looks through the newest ones without the index.
-- A ticket is in the index when its row id is not above the highest one in there, and else it is not.
DROP TRIGGER tickets_search_insert;
CREATE TRIGGER tickets_search_insert AFTER INSERT ON tickets
WHEN NEW.rowid >= 256 + COALESCE((SELECT MAX(id) FROM tickets_search_docsize), 0) BEGIN
  INSERT INTO tickets_search (rowid, search_text) SELECT rowid, search_text FROM tickets
  WHERE rowid > COALESCE((SELECT MAX(id) FROM tickets_search_docsize), 0);
END;

DROP TRIGGER tickets_search_delete;
CREATE TRIGGER tickets_search_delete AFTER DELETE ON tickets
WHEN OLD.rowid <= (SELECT MAX(id) FROM tickets_search_docsize) BEGIN
  INSERT INTO tickets_search (tickets_search, rowid, search_text)
  VALUES ('delete', OLD.rowid, OLD.search_text);
END;

DROP TRIGGER tickets_search_update;
CREATE TRIGGER tickets_search_update AFTER UPDATE OF search_text ON tickets
WHEN OLD.search_text <> NEW.search_text
  AND OLD.rowid <= (SELECT MAX(id) FROM tickets_search_docsize) BEGIN
  INSERT INTO tickets_search (tickets_search, rowid, search_text)
  VALUES ('delete', OLD.rowid, OLD.search_text);
  INSERT INTO tickets_search (rowid, search_text) VALUES (NEW.rowid, NEW.search_text);
END;
