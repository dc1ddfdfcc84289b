-- Words are looked for in an index of trigrams, as on SQLite. Both extensions are trusted: whoever owns the database may
-- create them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;
-- What was written last is read through by every search until it is sorted in: better little of it.
CREATE INDEX tickets_by_word ON tickets USING gin (tenant, search_text gin_trgm_ops) WITH (gin_pending_list_limit = 256);

-- Under row-level security an index is asked only what is leakproof, which LIKE is not. So the numbers of what matches are
-- found by the owner of the tables, who is let through here and keeps to the tenant of the transaction; the tickets
-- themselves are read by the caller, under its own policy.
CREATE POLICY tickets_by_word ON tickets FOR SELECT TO CURRENT_USER USING (TRUE);

DO $migration$
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION tickets_with(words TEXT, at_most BIGINT) RETURNS SETOF BIGINT
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = %I, pg_temp AS $function$
    DECLARE
      word TEXT;
      conditions TEXT := '';
    BEGIN
      FOREACH word IN ARRAY string_to_array(words, ' ') LOOP
        conditions := conditions || ' AND search_text LIKE '
          || quote_literal('%%' || regexp_replace(word, '([\\%%_])', '\\\1', 'g') || '%%');
      END LOOP;
      -- The words stand in the text, so that it is planned for them: a rare one by the index, a common one by number.
      RETURN QUERY EXECUTE 'SELECT number FROM tickets WHERE tenant = $1' || conditions
        || ' ORDER BY number DESC LIMIT $2'
      USING nullif(current_setting('app.tenant', TRUE), ''), at_most;
    END
    $function$ $create$, current_schema());
END
$migration$;
