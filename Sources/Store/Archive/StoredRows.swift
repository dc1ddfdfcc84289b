import Values

extension AcrossTenants {
  /// Rows of a table in the order of its primary key, after a row that came before.
  /// - Parameter tenant: whose rows; everybody's when nil.
  public func rows(
    of table: StoredTable, tenant: TenantID?, after last: [SQLValue]?, limit: Int
  ) throws -> [[SQLValue]] {
    var conditions = try table.belongs(to: tenant)
    if let last { conditions.append(try table.comes(after: last)) }
    return try all(
      """
      SELECT \(.list(table.columns.map { .name($0.name) })) FROM \(.name(table.name))
      WHERE \(.all(conditions)) ORDER BY \(.list(table.key.map { .name($0) })) LIMIT \(limit)
      """
    ).map { row in zip(row.values, table.columns).map { $0.0.asStored($0.1.kind) } }
  }

  /// How many rows of a table belong to a tenant, or to everybody.
  public func count(of table: StoredTable, tenant: TenantID?) throws -> Int {
    let conditions = try table.belongs(to: tenant)
    let row = try first(
      "SELECT COUNT(*) AS rows FROM \(.name(table.name)) WHERE \(.all(conditions))")
    guard let row else { throw StoreError.statement("COUNT without a row") }
    return try row.read("rows")
  }

  /// Enters a row with its values in the order of the table's columns.
  public func enter(_ row: [SQLValue], into table: StoredTable) throws {
    guard row.count == table.columns.count else {
      throw StoreError.statement("a row of \(table.name) has \(row.count) values")
    }
    let values = zip(row, table.columns).map { SQL(binding: $0.0, as: $0.1.kind) }
    try run(
      """
      INSERT INTO \(.name(table.name)) (\(.list(table.columns.map { .name($0.name) })))
      VALUES (\(.list(values)))
      """)
  }

  /// Removes every row of a tenant, or of everybody, from these tables. They must be all tables of the store; the audit
  /// log lets its rows go only with their tenant.
  public func erase(_ tables: [StoredTable], tenant: TenantID?) throws {
    guard let audit = tables.first(where: { $0.name == "portico_audit" }) else {
      throw StoreError.statement("there is no audit log among the tables")
    }
    let conditions = try audit.belongs(to: tenant)
    try run(
      """
      INSERT INTO portico_erasures (tenant, at) SELECT DISTINCT tenant, \(now) FROM portico_audit
      WHERE \(.all(conditions)) ON CONFLICT (tenant) DO NOTHING
      """)
    // Those that refer to others go first, the leave to erase at the very end.
    let erasures = tables.filter { $0.name == "portico_erasures" }
    for table in tables.reversed().filter({ $0.name != "portico_erasures" }) + erasures {
      try run("DELETE FROM \(.name(table.name)) WHERE \(.all(table.belongs(to: tenant)))")
    }
  }
}

extension StoredTable {
  /// Rows of no tenant are nobody's: a tenant has none of them.
  fileprivate func belongs(to tenant: TenantID?) throws -> [SQL] {
    guard let tenant else { return [] }
    return [tenantColumn == nil ? "FALSE" : "tenant = \(tenant)"]
  }

  fileprivate func comes(after row: [SQLValue]) throws -> SQL {
    let places = key.compactMap { name in columns.firstIndex { $0.name == name } }
    guard places.count == key.count, row.count == columns.count else {
      throw StoreError.statement("\(name) has no such row")
    }
    let values = places.map { SQL(binding: row[$0], as: columns[$0].kind) }
    return "(\(.list(key.map { .name($0) }))) > (\(.list(values)))"
  }
}

extension SQL {
  /// A name that the catalogue gave, quoted.
  fileprivate static func name(_ text: String) -> SQL {
    SQL(parts: [
      .text(
        "\""
          + text.split(separator: "\"", omittingEmptySubsequences: false)
          .joined(separator: "\"\"") + "\"")
    ])
  }
}

extension SQLValue {
  /// SQLite knows a boolean as a number only.
  fileprivate func asStored(_ kind: SQLKind) -> SQLValue {
    if kind == .boolean, case .integer(let number) = self { return .boolean(number != 0) }
    return self
  }
}
