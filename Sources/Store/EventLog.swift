import Values

struct NewEvent {
  var type: String
  var resource: String
  var account: String?
  var payload: [UInt8]
}

/// Something that happened, for other services and for live pages.
public struct Event: Sendable, Hashable {
  /// 1, 2, 3 … within the tenant; a reader's cursor.
  public var position: Int64
  public var time: Instant
  /// As `tickets.closed`.
  public var type: String
  public var resource: String
  /// The account it happened in, by which a listener's scope is checked.
  public var account: String?
  public var payload: [UInt8]
}

extension Transaction {
  /// Appends an event to the tenant's log, in this transaction. Its position is taken at commit.
  public func emit(
    _ type: String, on resource: String, account: String? = nil, payload: [UInt8] = []
  ) throws(StoreError) {
    try state.later(
      NewEvent(type: type, resource: resource, account: account, payload: payload), for: tenant)
  }

  /// Events after a cursor, oldest first, without a gap: no event is ever committed before one that
  /// was returned. Start with 0.
  public func events(after cursor: Int64 = 0, limit: Int) throws(StoreError) -> [Event] {
    let rows = try all(
      """
      SELECT position, at, type, resource, account, payload FROM portico_events
      WHERE tenant = \(tenant) AND position > \(cursor) ORDER BY position LIMIT \(limit)
      """)
    var events: [Event] = []
    for row in rows { events.append(try Event(row)) }
    return events
  }

  /// The cursor of the newest event; 0 when there is none. A listener that wants only news starts here.
  public func lastEventPosition() throws(StoreError) -> Int64 {
    try LogHead.read(.events, in: self).position
  }
}

enum EventLog {
  static func append(_ events: [NewEvent], in db: Transaction) throws(StoreError) {
    var position = try LogHead.advance(.events, by: events.count, in: db).position
    for event in events {
      position += 1
      try db.run(
        """
        INSERT INTO portico_events (tenant, position, at, type, resource, account, payload)
        VALUES (\(db.tenant), \(position), \(db.now), \(event.type), \(event.resource),
          \(event.account), \(event.payload))
        """)
    }
  }
}

extension Event {
  fileprivate init(_ row: Row) throws(StoreError) {
    position = try row.read("position")
    time = try row.read("at")
    type = try row.read("type")
    resource = try row.read("resource")
    account = try row.read("account")
    payload = try row.read("payload")
  }
}
