import Values

extension Transaction {
  /// Leaves an effect for after the commit: the relay will call `method` with `body` until it
  /// succeeds. `key` is unique within the tenant and should name the effect (`welcome-mail/users/7`);
  /// sending the same key again changes nothing (D-59).
  public func send(
    key: String, method: String, body: [UInt8], after delay: Duration = .zero
  ) throws(StoreError) {
    try run(
      """
      INSERT INTO portico_outbox (tenant, key, method, body, created_at, due_at, attempts, state,
        leased_until, trace)
      VALUES (\(tenant), \(key), \(method), \(body), \(now), \(now + delay), \(0),
        \(Outbox.State.waiting), \(0), \(state.trace))
      ON CONFLICT (tenant, key) DO NOTHING
      """)
  }
}

/// The relay's side of the outbox: claim due rows under a lease, perform each, report back. Rows of
/// all tenants. An effect may be performed twice when a relay dies between the effect and the report:
/// the receiver replays by request id, for which the row's key serves.
public struct Outbox: Sendable {
  enum State: String { case waiting, done, dead }

  /// One effect to perform.
  public struct Item: Sendable, Hashable {
    public var tenant: TenantID
    public var key: String
    /// The full method path, as `/portico.messaging.v1.Mail/SendMail`.
    public var method: String
    public var body: [UInt8]
    public var created: Instant
    /// This attempt's number, from 1; fences a relay that was too slow.
    public var attempt: Int
    /// What the last attempt failed with.
    public var error: String?
    /// The `traceparent` of the change that left it; nil when that was not traced.
    public var trace: String?
  }

  /// How often and how fast a failed effect is tried again.
  public struct Policy: Sendable {
    /// After so many attempts a row is dead and waits for an operator.
    public var attempts = 12
    public var firstDelay = Duration.seconds(1)
    public var longestDelay = Duration.seconds(3600)
    /// How long a claim holds; longer than an attempt's deadline.
    public var lease = Duration.seconds(60)

    public init() {}

    /// Exponential: 1 s, 2 s, 4 s … after the first, second, third failure.
    public func delay(afterAttempt attempt: Int) -> Duration {
      let exponent = min(max(attempt - 1, 0), 30)
      return min(firstDelay * (1 << exponent), longestDelay)
    }
  }

  /// What becomes of a row whose attempt failed.
  public enum Outcome: Sendable, Hashable {
    case again(at: Instant)
    case dead
  }

  let store: any Store
  let owner: String
  let policy: Policy

  /// `owner` names this relay, unique per process.
  public init(_ store: any Store, owner: String, policy: Policy = Policy()) {
    self.store = store
    self.owner = owner
    self.policy = policy
  }

  /// Takes up to `limit` due rows, oldest due first. No other relay gets them until the lease ends. Where nothing is due
  /// nothing is written: most looks find nothing.
  public func claim(limit: Int) async throws -> [Item] {
    guard try await hasDue() else { return [] }
    let (owner, lease) = (owner, policy.lease)
    return try await store.writeAcrossTenants { db in
      // MATERIALIZED: the planner may otherwise run the choice again for each row, with other results. The rows are then
      // looked up by their keys alone: with the condition once more, SQLite goes through all that wait.
      let rows = try db.all(
        """
        WITH due AS MATERIALIZED (
          SELECT tenant, key FROM portico_outbox
          WHERE state = \(State.waiting) AND due_at <= \(db.now) AND leased_until <= \(db.now)
          ORDER BY due_at, tenant, key LIMIT \(limit)
          \(SQL(sqlite: "", postgres: "FOR UPDATE SKIP LOCKED")))
        UPDATE portico_outbox SET leased_until = \(db.now + lease), lease_owner = \(owner),
          attempts = attempts + 1
        WHERE (tenant, key) IN (SELECT tenant, key FROM due)
        RETURNING tenant, key, method, body, created_at, due_at, attempts, error, trace
        """)
      return try rows.map { (try $0["due_at"] as Instant, try Item($0)) }
        .sorted { ($0.0, $0.1.key) < ($1.0, $1.1.key) }.map(\.1)
    }
  }

  /// The effect took place. Throws `leaseLost` when the claim has run out and another has it.
  public func complete(_ item: Item) async throws {
    let held = held(item)
    try await store.writeAcrossTenants { db in
      let changed = try db.change(
        """
        UPDATE portico_outbox SET state = \(State.done), finished_at = \(db.now), leased_until = \(0),
          error = \(String?.none) WHERE \(held)
        """)
      guard changed > 0 else { throw StoreError.leaseLost(item.key) }
    }
  }

  /// The effect failed: it is due again after the back-off, or dead with the error kept. A failure
  /// that repeating cannot mend (`isFinal`) is dead at once.
  public func fail(_ item: Item, error: String, isFinal: Bool = false) async throws -> Outcome {
    let held = held(item)
    let isDead = isFinal || item.attempt >= policy.attempts
    let delay = policy.delay(afterAttempt: item.attempt)
    let reason = String(error.prefix(1000))
    return try await store.writeAcrossTenants { db in
      let due = db.now + delay
      let changed = try db.change(
        """
        UPDATE portico_outbox SET state = \(isDead ? State.dead : .waiting), due_at = \(due),
          leased_until = \(0), error = \(reason),
          finished_at = \(isDead ? db.now : nil) WHERE \(held)
        """)
      guard changed > 0 else { throw StoreError.leaseLost(item.key) }
      return isDead ? .dead : .again(at: due)
    }
  }

  /// Rows that gave up, oldest first, for an operator to look at.
  public func dead(limit: Int) async throws -> [Item] {
    try await store.readAcrossTenants { db in
      try db.all(
        """
        SELECT tenant, key, method, body, created_at, attempts, error, trace FROM portico_outbox
        WHERE state = \(State.dead) ORDER BY finished_at, tenant, key LIMIT \(limit)
        """
      ).map { try Item($0) }
    }
  }

  /// Gives a dead row a new set of attempts, due now. Throws `notFound` when it is not dead.
  public func revive(tenant: TenantID, key: String) async throws {
    try await store.writeAcrossTenants { db in
      let changed = try db.change(
        """
        UPDATE portico_outbox SET state = \(State.waiting), attempts = \(0), due_at = \(db.now),
          finished_at = \(Instant?.none)
        WHERE tenant = \(tenant) AND key = \(key) AND state = \(State.dead)
        """)
      guard changed > 0 else { throw StoreError.notFound }
    }
  }

  /// Forgets effects done before an instant; until then their keys still absorb duplicates.
  @discardableResult
  public func prune(doneBefore limit: Instant) async throws -> Int {
    try await store.writeAcrossTenants { db in
      try db.change(
        """
        DELETE FROM portico_outbox WHERE state = \(State.done) AND finished_at < \(limit)
        """)
    }
  }

  private func hasDue() async throws -> Bool {
    try await store.readAcrossTenants { db in
      try db.first(
        """
        SELECT 1 AS due FROM portico_outbox
        WHERE state = \(State.waiting) AND due_at <= \(db.now) AND leased_until <= \(db.now) LIMIT 1
        """) != nil
    }
  }

  private func held(_ item: Item) -> SQL {
    """
    tenant = \(item.tenant) AND key = \(item.key) AND state = \(State.waiting)
    AND lease_owner = \(owner) AND attempts = \(item.attempt)
    """
  }
}

extension Outbox.Item {
  fileprivate init(_ row: Row) throws {
    tenant = try row["tenant"]
    key = try row["key"]
    method = try row["method"]
    body = try row["body"]
    created = try row["created_at"]
    attempt = try row["attempts"]
    error = try row["error"]
    trace = try row["trace"]
  }
}
