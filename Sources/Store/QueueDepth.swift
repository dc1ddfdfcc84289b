import Values

/// How much waits in a queue of a service, over all tenants.
public struct QueueDepth: Sendable, Hashable {
  /// `outbox`, `mail`.
  public var name: String
  /// What is still to be done, due or not.
  public var waiting: Int
  /// Gave up: somebody has to look at them.
  public var dead: Int
  /// Since when the oldest that is due waits; nil when nothing is due.
  public var oldestDue: Instant?

  public init(_ name: String, waiting: Int, dead: Int, oldestDue: Instant?) {
    self.name = name
    self.waiting = waiting
    self.dead = dead
    self.oldestDue = oldestDue
  }
}

extension AcrossTenants {
  /// What the relay of this store has before it.
  public func outboxDepth() throws(StoreError) -> QueueDepth {
    let rows = try all(
      """
      SELECT state, COUNT(*) AS count, MIN(due_at) AS oldest FROM portico_outbox
      WHERE state IN (\(Outbox.State.waiting), \(Outbox.State.dead)) GROUP BY state
      """)
    var depth = QueueDepth("outbox", waiting: 0, dead: 0, oldestDue: nil)
    for row in rows {
      let (state, count): (String, Int) = (try row.read("state"), try row.read("count"))
      if state == Outbox.State.waiting.rawValue {
        depth.waiting = count
        let oldest: Instant = try row.read("oldest")
        depth.oldestDue = oldest <= now ? oldest : nil
      } else {
        depth.dead = count
      }
    }
    return depth
  }

  /// Events that were ever appended, over all tenants.
  public func eventCount() throws(StoreError) -> Int64 {
    let row = try first(
      """
      SELECT CAST(COALESCE(SUM(position), 0) AS BIGINT) AS count FROM portico_heads
      WHERE log = \(LogHead.Log.events)
      """)
    return try row.map { row throws(StoreError) in try row.read("count") } ?? 0
  }

  /// The leases that somebody holds now, by name.
  public func heldLeases() throws(StoreError) -> [Lease] {
    var leases: [Lease] = []
    for row in try all(
      """
      SELECT name, owner, token, expires_at FROM portico_leases
      WHERE expires_at > \(now) ORDER BY name
      """)
    {
      leases.append(
        Lease(
          name: try row.read("name"), owner: try row.read("owner"), token: try row.read("token"),
          expires: try row.read("expires_at")))
    }
    return leases
  }
}
