import Values

/// A table as the database itself describes it: for backups, which know no product.
public struct StoredTable: Sendable, Hashable {
  public struct Column: Sendable, Hashable {
    public var name: String
    public var kind: SQLKind

    public init(name: String, kind: SQLKind) {
      self.name = name
      self.kind = kind
    }
  }

  public let name: String
  public let columns: [Column]
  /// The columns of the primary key, in its order.
  public let key: [String]

  /// Which column holds the tenant; nil for what belongs to the installation.
  public var tenantColumn: Int? { columns.firstIndex { $0.name == "tenant" } }

  /// What no backup holds: which migrations were applied, which the restored schema says itself, and who does a job
  /// at the moment.
  static let left: Set<String> = ["portico_migrations", "portico_leases", "portico_processes"]
}

extension AcrossTenants {
  /// Every table that a backup holds, those that others refer to first. What the database keeps for itself, and what
  /// it derives from other columns, is left out.
  public func tables() throws -> [StoredTable] {
    let rows = try all(
      state.engine == .sqlite ? StoredTable.sqliteCatalogue : StoredTable.postgresCatalogue)
    var order: [String] = []
    var columns: [String: [StoredTable.Column]] = [:]
    var keys: [String: [(place: Int64, column: String)]] = [:]
    for row in rows {
      let (table, column): (String, String) = (
        try row.read("table_name"), try row.read("column_name")
      )
      guard !StoredTable.left.contains(table) else { continue }
      if columns[table] == nil { order.append(table) }
      let kind = try SQLKind(declared: try row.read("kind"), of: "\(table).\(column)")
      columns[table, default: []].append(.init(name: column, kind: kind))
      let place: Int64 = try row.read("place")
      if place > 0 { keys[table, default: []].append((place, column)) }
    }
    return try order.map { name in
      guard let key = keys[name] else { throw StoreError.statement("\(name) has no primary key") }
      return StoredTable(
        name: name, columns: columns[name] ?? [],
        key: key.sorted { $0.place < $1.place }.map(\.column))
    }
  }

  /// Who has an audit log or events here.
  public func tenantsWithLogs() throws -> [TenantID] {
    try all("SELECT DISTINCT tenant FROM portico_heads ORDER BY tenant").map {
      TenantID(try $0.read("tenant"))
    }
  }

  /// The migrations that the database has had, with their checksums.
  public func appliedMigrations() throws -> [AppliedMigration] {
    try all("SELECT part, version, checksum FROM portico_migrations ORDER BY part, version").map {
      AppliedMigration(
        part: try $0.read("part"), version: try $0.read("version"),
        checksum: try $0.read("checksum"))
    }
  }
}

/// One step of a schema that a database has taken.
public struct AppliedMigration: Sendable, Hashable, Codable {
  public var part: String
  public var version: Int
  public var checksum: String

  public init(part: String, version: Int, checksum: String) {
    self.part = part
    self.version = version
    self.checksum = checksum
  }
}

extension SQLKind {
  fileprivate init(declared type: String, of column: String) throws(StoreError) {
    switch type.uppercased() {
    case "TEXT": self = .text
    case "BIGINT": self = .integer
    case "BOOLEAN": self = .boolean
    case "BYTEA": self = .bytes
    default: throw .statement("\(column) is of type \(type), which no backup knows")
    }
  }
}

extension StoredTable {
  fileprivate static let sqliteCatalogue: SQL = """
    SELECT m.name AS table_name, c.name AS column_name, c.type AS kind, c.pk AS place
    FROM sqlite_master AS m
    JOIN pragma_table_list AS l ON l.name = m.name AND l.schema = 'main' AND l.type = 'table'
    JOIN pragma_table_info(m.name) AS c
    WHERE m.type = 'table' AND substr(m.name, 1, 7) <> 'sqlite_' ORDER BY m.rowid, c.cid
    """

  fileprivate static let postgresCatalogue: SQL = """
    SELECT c.relname::text AS table_name, a.attname::text AS column_name,
      format_type(a.atttypid, a.atttypmod) AS kind,
      coalesce(array_position(string_to_array(i.indkey::text, ' '), a.attnum::text), 0)::bigint
        AS place
    FROM pg_class AS c
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.attgenerated = ''
    LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relnamespace = current_schema()::regnamespace ORDER BY c.oid, a.attnum
    """
}
