extension Migration {
  /// The tables every store has, whatever the service: logs, outbox, replay, leases.
  public static func platform(_ engine: Engine) -> [Migration] {
    [
      Migration(
        part: "portico", version: 1, name: "platform",
        sql: tables + (engine == .sqlite ? sqliteAppendOnly : postgresAppendOnly)),
      Migration(part: "portico", version: 2, name: "event_places", sql: eventPlaces),
      Migration(part: "portico", version: 3, name: "observing", sql: observing),
    ]
  }

  /// What each process of the service last told of itself, and whose trace an effect belongs to.
  private static let observing = """
    CREATE TABLE portico_processes (
      id TEXT NOT NULL PRIMARY KEY, seen_at BIGINT NOT NULL, report BYTEA NOT NULL);
    ALTER TABLE portico_outbox ADD COLUMN trace TEXT;
    """

  /// Who may be told of an event, and the age by which it is forgotten. Events have no content.
  private static let eventPlaces = """
    ALTER TABLE portico_events ADD COLUMN site TEXT;
    ALTER TABLE portico_events ADD COLUMN contact TEXT;
    ALTER TABLE portico_events ADD COLUMN person TEXT;
    ALTER TABLE portico_events DROP COLUMN payload;
    CREATE INDEX portico_events_age ON portico_events (at, tenant);
    """

  private static let tables = """
    CREATE TABLE portico_heads (
      tenant TEXT NOT NULL, log TEXT NOT NULL, position BIGINT NOT NULL, hash BYTEA NOT NULL,
      PRIMARY KEY (tenant, log));

    CREATE TABLE portico_audit (
      tenant TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL,
      actor TEXT NOT NULL, on_behalf_of TEXT, action TEXT NOT NULL, resource TEXT NOT NULL,
      before_values TEXT NOT NULL, after_values TEXT NOT NULL, hash BYTEA NOT NULL,
      PRIMARY KEY (tenant, position));
    CREATE INDEX portico_audit_resource ON portico_audit (tenant, resource, position);

    CREATE TABLE portico_events (
      tenant TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL, type TEXT NOT NULL,
      resource TEXT NOT NULL, account TEXT, payload BYTEA NOT NULL,
      PRIMARY KEY (tenant, position));

    CREATE TABLE portico_outbox (
      tenant TEXT NOT NULL, key TEXT NOT NULL, method TEXT NOT NULL, body BYTEA NOT NULL,
      created_at BIGINT NOT NULL, due_at BIGINT NOT NULL, attempts BIGINT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('waiting', 'done', 'dead')),
      lease_owner TEXT, leased_until BIGINT NOT NULL, error TEXT, finished_at BIGINT,
      PRIMARY KEY (tenant, key));
    CREATE INDEX portico_outbox_due ON portico_outbox (state, due_at);

    CREATE TABLE portico_requests (
      tenant TEXT NOT NULL, principal TEXT NOT NULL, method TEXT NOT NULL,
      request_id TEXT NOT NULL, fingerprint BYTEA NOT NULL, response BYTEA,
      expires_at BIGINT NOT NULL,
      PRIMARY KEY (tenant, principal, method, request_id));
    CREATE INDEX portico_requests_expiry ON portico_requests (expires_at);

    CREATE TABLE portico_leases (
      name TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, token BIGINT NOT NULL,
      expires_at BIGINT NOT NULL);

    -- A tenant being erased: the only one whose audit rows may go.
    CREATE TABLE portico_erasures (tenant TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL);

    """

  private static let sqliteAppendOnly = """
    CREATE TRIGGER portico_audit_no_update BEFORE UPDATE ON portico_audit
    BEGIN SELECT RAISE(ABORT, 'portico_audit is append-only'); END;
    CREATE TRIGGER portico_audit_no_delete BEFORE DELETE ON portico_audit
    WHEN NOT EXISTS (SELECT 1 FROM portico_erasures WHERE tenant = OLD.tenant)
    BEGIN SELECT RAISE(ABORT, 'portico_audit is append-only'); END;
    """

  private static let postgresAppendOnly = """
    CREATE FUNCTION portico_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM portico_erasures WHERE tenant = OLD.tenant) THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'portico_audit is append-only' USING ERRCODE = 'check_violation';
    END $$;
    CREATE TRIGGER portico_audit_append_only BEFORE UPDATE OR DELETE ON portico_audit
    FOR EACH ROW EXECUTE FUNCTION portico_append_only();
    """
}
