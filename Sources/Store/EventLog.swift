import Values

struct NewEvent {
  var type: EventType
  var resource: String
  var place: EventPlace
}

/// Something that happened, for other services and for live pages. It says what changed and who may be told, never what
/// it has become: that is asked with the reader's own rights.
public struct Event: Sendable, Hashable {
  /// 1, 2, 3 … within the tenant; a reader's cursor.
  public var position: Int64
  public var time: Instant
  /// As `ticket.created`; an `EventType`'s name.
  public var type: String
  public var resource: String
  public var place: EventPlace

  public init(position: Int64, time: Instant, type: String, resource: String, place: EventPlace) {
    self.position = position
    self.time = time
    self.type = type
    self.resource = resource
    self.place = place
  }
}

/// Where an event belongs, by which a listener's scope is checked. Ids, not names. Nil says that nothing narrows it.
public struct EventPlace: Sendable, Hashable {
  public var account: String?
  public var site: String?
  public var contact: String?
  /// `users/ada`: the only one who is told.
  public var user: String?

  public init(
    account: String? = nil, site: String? = nil, contact: String? = nil, user: String? = nil
  ) {
    self.account = account
    self.site = site
    self.contact = contact
    self.user = user
  }

  /// The whole tenant.
  public static let tenant = EventPlace()
}

/// What one reader got from the log.
public struct EventPage: Sendable, Hashable {
  /// Oldest first, without a gap after the cursor that was asked for.
  public var events: [Event]
  /// Position of the tenant's newest event; 0 when there was none.
  public var head: Int64
  /// Position of the newest event that is no longer kept; 0 when all are.
  public var forgotten: Int64
}

extension Transaction {
  /// Appends an event to the tenant's log, in this transaction. Its position is taken at commit.
  public func emit(
    _ type: EventType, on resource: String, at place: EventPlace = .tenant
  ) throws(StoreError) {
    try state.later(NewEvent(type: type, resource: resource, place: place), for: tenant)
  }

  /// Events after a cursor, oldest first, without a gap: no event is ever committed before one that
  /// was returned. Start with 0.
  public func events(after cursor: Int64 = 0, limit: Int) throws(StoreError) -> [Event] {
    let rows = try all(
      """
      SELECT position, at, type, resource, account, site, contact, person FROM portico_events
      WHERE tenant = \(tenant) AND position > \(cursor) ORDER BY position LIMIT \(limit)
      """)
    var events: [Event] = []
    for row in rows { events.append(try Event(row)) }
    return events
  }

  /// The same, and how far the log reaches: a cursor below `forgotten`, or above `head`, is of no use any more.
  public func eventPage(after cursor: Int64, limit: Int) throws(StoreError) -> EventPage {
    let head = try lastEventPosition()
    let first = try first(
      """
      SELECT position FROM portico_events WHERE tenant = \(tenant) ORDER BY position LIMIT 1
      """)
    // Positions have no holes, and what is forgotten is forgotten from the beginning.
    let forgotten = try first.map { row throws(StoreError) in try row.read("position") - 1 } ?? head
    return EventPage(
      events: try events(after: cursor, limit: limit), head: head, forgotten: forgotten)
  }

  /// The cursor of the newest event; 0 when there is none. A listener that wants only news starts here.
  public func lastEventPosition() throws(StoreError) -> Int64 {
    try LogHead.read(.events, in: self).position
  }
}

extension AcrossTenants {
  /// The newest position of each of these tenants' logs; a tenant without an event is left out.
  public func lastEventPositions(of tenants: [TenantID]) throws(StoreError) -> [TenantID: Int64] {
    guard !tenants.isEmpty else { return [:] }
    var positions: [TenantID: Int64] = [:]
    let rows = try all(
      """
      SELECT tenant, position FROM portico_heads WHERE log = \(LogHead.Log.events)
        AND tenant IN \(tenants.map(\.rawValue))
      """)
    for row in rows { positions[TenantID(try row.read("tenant"))] = try row.read("position") }
    return positions
  }

  /// Forgets events older than an instant, at most `limit` of each tenant, and says how many. They go from the
  /// beginning of the log, so that what is left has no hole, whatever a clock that was set back has written.
  public func pruneEvents(before limit: Instant, atMost count: Int) throws(StoreError) -> Int {
    let tenants = try all(
      """
      SELECT tenant, MAX(position) AS last, MIN(position) AS first FROM portico_events
      WHERE at < \(limit) GROUP BY tenant
      """)
    var pruned = 0
    for row in tenants {
      let tenant: String = try row.read("tenant")
      let (first, last): (Int64, Int64) = (try row.read("first"), try row.read("last"))
      pruned += try change(
        """
        DELETE FROM portico_events WHERE tenant = \(tenant)
          AND position <= \(min(last, first + Int64(count) - 1))
        """)
    }
    return pruned
  }
}

enum EventLog {
  /// - Parameter head: the log's head, moved on by the number of events.
  static func append(
    _ events: [NewEvent], upTo head: LogHead, in db: Transaction
  ) throws(StoreError) {
    var position = head.position - Int64(events.count)
    for event in events {
      position += 1
      let place = event.place
      try db.run(
        """
        INSERT INTO portico_events (tenant, position, at, type, resource, account, site, contact,
          person)
        VALUES (\(db.tenant), \(position), \(db.now), \(event.type.name), \(event.resource),
          \(place.account), \(place.site), \(place.contact), \(place.user))
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
    place = EventPlace(
      account: try row.read("account"), site: try row.read("site"),
      contact: try row.read("contact"), user: try row.read("person"))
  }
}
