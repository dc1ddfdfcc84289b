import Store

/// What must be true of the role a service connects as, before it serves anybody.
struct RoleCheck {
  let jobs: String

  func run(on connection: PostgresConnection) throws(StoreError) {
    let sql: SQL = """
      SELECT r.rolsuper OR r.rolbypassrls AS bypasses,
        r.rolinherit AND pg_has_role(r.oid, j.oid, 'MEMBER') AS inherits,
        coalesce(pg_has_role(r.oid, j.oid, 'MEMBER'), FALSE) AS is_member,
        EXISTS (SELECT FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relowner = r.oid) AS owns,
        EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
          WHERE c.relkind IN ('r', 'p') AND c.relnamespace = current_schema()::regnamespace
          AND a.attname = 'tenant' AND NOT a.attisdropped
          AND NOT (c.relrowsecurity AND c.relforcerowsecurity)) AS unprotected,
        current_setting('synchronous_commit') = 'off' AS loses_commits
      FROM pg_roles r LEFT JOIN pg_roles j ON j.rolname = \(jobs) WHERE r.rolname = current_user
      """
    let result = try connection.perform(Command(sql.statement(for: .postgres)))
    guard let row = try result.rows(limit: 1).first else { throw .forbidden("no such role") }
    let faults = [
      ("bypasses", true, "the role bypasses row-level security"),
      ("inherits", true, "the role inherits \(jobs): ALTER ROLE … NOINHERIT"),
      ("is_member", false, "the role is no member of \(jobs): GRANT \(jobs) TO …"),
      ("owns", true, "the role owns tables: connect as another than the owner"),
      ("unprotected", true, "a table with a tenant has no forced row-level security: migrate"),
      ("loses_commits", true, "synchronous_commit is off"),
    ]
    for (column, isFault, reason) in faults {
      let value: Bool?
      do { value = try row[column] } catch { throw .forbidden("the role cannot be checked") }
      if (value ?? false) == isFault { throw .forbidden(reason) }
    }
  }
}
