import Values

/// The last position of a tenant's log. Whoever advances it holds its row until commit, so positions
/// become visible in their order and without holes: a reader that has seen 7 will never be surprised
/// by a late 6.
struct LogHead {
  enum Log: String { case audit, events }

  var position: Int64
  /// The hash of the row at the position, where the log has hashes.
  var hash: [UInt8]

  /// Moves a head on by `count` positions; its row is the head as it is then, with the hash as it was.
  static func advance(_ log: Log, of tenant: TenantID, by count: Int) -> SQL {
    """
    INSERT INTO portico_heads (tenant, log, position, hash)
    VALUES (\(tenant), \(log), \(count), \([UInt8]()))
    ON CONFLICT (tenant, log) DO UPDATE SET position = portico_heads.position + excluded.position
    RETURNING position, hash
    """
  }

  static func read(_ log: Log, in db: Transaction) throws(StoreError) -> LogHead {
    let row = try db.first(
      """
      SELECT position, hash FROM portico_heads WHERE tenant = \(db.tenant) AND log = \(log)
      """)
    guard let row else { return LogHead(position: 0, hash: []) }
    return try LogHead(row)
  }
}

extension LogHead {
  init(_ row: Row?) throws(StoreError) {
    guard let row else { throw .statement("a log head returned no row") }
    position = try row.read("position")
    hash = try row.read("hash")
  }
}
