import Values

/// The last position of a tenant's log. Whoever advances it holds its row until commit, so positions
/// become visible in their order and without holes: a reader that has seen 7 will never be surprised
/// by a late 6.
enum LogHead {
  enum Log: String { case audit, events }

  /// Reserves `count` positions and returns what was the head before.
  static func advance(
    _ log: Log, by count: Int, in db: Transaction
  ) throws(StoreError) -> (position: Int64, hash: [UInt8]) {
    let row = try db.first(
      """
      INSERT INTO portico_heads (tenant, log, position, hash)
      VALUES (\(db.tenant), \(log), \(count), \([UInt8]()))
      ON CONFLICT (tenant, log) DO UPDATE SET position = portico_heads.position + excluded.position
      RETURNING position, hash
      """, else: .statement("log head returned no row"))
    let position: Int64 = try row.read("position")
    return (position - Int64(count), try row.read("hash"))
  }

  static func read(
    _ log: Log, in db: Transaction
  ) throws(StoreError) -> (position: Int64, hash: [UInt8]) {
    let row = try db.first(
      """
      SELECT position, hash FROM portico_heads WHERE tenant = \(db.tenant) AND log = \(log)
      """)
    guard let row else { return (0, []) }
    return (try row.read("position"), try row.read("hash"))
  }
}
