import Store

/// Row-level security and rights of every table of the schema. Idempotent.
struct TableSecurity {
  private struct Table {
    let name: String
    let hasTenant: Bool
    let isSecured: Bool
    var quotedName: String { quoted(identifier: name) }
  }

  private let connection: PostgresConnection
  private let roles: PostgresRoles

  init(_ connection: PostgresConnection, roles: PostgresRoles) {
    self.connection = connection
    self.roles = roles
  }

  /// Lets the owner see all rows until the transaction ends.
  func lift() throws(StoreError) {
    for table in try tables() where table.isSecured {
      try run("ALTER TABLE \(table.quotedName) NO FORCE ROW LEVEL SECURITY")
    }
  }

  func secure() throws(StoreError) {
    let (app, jobs) = (quoted(identifier: roles.app), quoted(identifier: roles.jobs))
    guard
      let schema = try connection.perform(text: "SELECT quote_ident(current_schema())")
        .rows(limit: 1).first?.values.first, case .text(let schemaName) = schema
    else { throw .migration("there is no schema to create tables in") }
    try run("GRANT USAGE ON SCHEMA \(schemaName) TO \(app), \(jobs)")
    for table in try tables() {
      if table.hasTenant { try protect(table, jobs: jobs) }
      try run("REVOKE ALL ON \(table.quotedName) FROM PUBLIC, \(app), \(jobs)")
      let (forApp, forJobs) = Self.rights(on: table.name)
      try run("GRANT \(forApp) ON \(table.quotedName) TO \(app)")
      try run("GRANT \(forJobs) ON \(table.quotedName) TO \(jobs)")
    }
  }

  /// An unset tenant is NULL, and so is one that was set and reset in this session (then it is empty):
  /// neither equals anything.
  private func protect(_ table: Table, jobs: String) throws(StoreError) {
    let name = table.quotedName
    if !table.isSecured {
      let condition = "tenant = nullif(current_setting('app.tenant', true), '')"
      try run(
        "CREATE POLICY portico_tenant ON \(name) USING (\(condition)) WITH CHECK (\(condition))")
      try run("CREATE POLICY portico_jobs ON \(name) TO \(jobs) USING (true) WITH CHECK (true)")
      try run("ALTER TABLE \(name) ENABLE ROW LEVEL SECURITY")
    }
    try run("ALTER TABLE \(name) FORCE ROW LEVEL SECURITY")
  }

  /// The audit log cannot be rewritten by the application, only erased with its tenant by a job.
  private static func rights(on table: String) -> (app: String, jobs: String) {
    let all = "SELECT, INSERT, UPDATE, DELETE"
    return switch table {
    // Which schema it is, for whoever makes a backup.
    case "portico_migrations": ("SELECT", "SELECT")
    case "portico_audit": ("SELECT, INSERT", "SELECT, INSERT, DELETE")
    case "portico_erasures": ("SELECT", all)
    default: (all, all)
    }
  }

  private func tables() throws(StoreError) -> [Table] {
    let rows = try connection.perform(
      text: """
        SELECT c.relname::text, EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
          AND a.attname = 'tenant' AND NOT a.attisdropped), c.relrowsecurity
        FROM pg_class c WHERE c.relkind IN ('r', 'p')
          AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
        """
    ).rows(limit: nil)
    var tables: [Table] = []
    for row in rows {
      guard case .text(let name) = row.values[0], case .boolean(let hasTenant) = row.values[1],
        case .boolean(let isSecured) = row.values[2]
      else { throw .corrupt("pg_class") }
      tables.append(Table(name: name, hasTenant: hasTenant, isSecured: isSecured))
    }
    return tables
  }

  private func run(_ text: String) throws(StoreError) { _ = try connection.perform(text: text) }
}
