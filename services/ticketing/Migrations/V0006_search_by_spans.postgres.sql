-- A GIN index tells all that match before the first of them can be read: of a word that many tickets hold, hundreds of
-- thousands. So it also knows in which span of numbers a ticket is, and is asked span by span, the newest first, until
-- there are enough. The old function goes on with this index, for replicas of the version before.
-- What was written last is read through for every span until it is sorted in: better little of it.
DROP INDEX tickets_by_word;
CREATE INDEX tickets_by_word ON tickets USING gin (tenant, (number / 65536), search_text gin_trgm_ops)
WITH (gin_pending_list_limit = 256);

DO $migration$
BEGIN
  EXECUTE format($create$
    CREATE FUNCTION newest_tickets_with(words TEXT, open BOOLEAN, below BIGINT, at_most BIGINT) RETURNS SETOF BIGINT
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = %I, pg_temp AS $function$
    DECLARE
      span CONSTANT BIGINT := 65536;
      of_tenant CONSTANT TEXT := nullif(current_setting('app.tenant', TRUE), '');
      word TEXT;
      conditions TEXT := '';
      highest BIGINT;
      matches BIGINT;
    BEGIN
      FOREACH word IN ARRAY string_to_array(words, ' ') LOOP
        conditions := conditions || ' AND search_text LIKE '
          || quote_literal('%%' || regexp_replace(word, '([\\%%_])', '\\\1', 'g') || '%%');
      END LOOP;
      IF open IS NOT NULL THEN conditions := conditions || ' AND is_open = ' || quote_literal(open); END IF;
      WHILE at_most > 0 LOOP
        SELECT max(number) INTO highest FROM tickets WHERE tenant = of_tenant AND number < below;
        EXIT WHEN highest IS NULL;
        -- The words stand in the text, so that it is planned for them. The bounds say what the span says, to the other index.
        RETURN QUERY EXECUTE 'SELECT number FROM tickets WHERE tenant = $1 AND number / 65536 = $2'
          || ' AND number >= $3 AND number < $4' || conditions || ' ORDER BY number DESC LIMIT $5'
        USING of_tenant, highest / span, highest / span * span, below, at_most;
        GET DIAGNOSTICS matches = ROW_COUNT;
        at_most := at_most - matches;
        below := highest / span * span;
      END LOOP;
    END
    $function$ $create$, current_schema());
END
$migration$;
