import Values

/// What runs and what waits, tenant by tenant. Not a lock of its own: `Admission` keeps it under its.
struct TenantQueues {
  /// A class: it is changed with every request, and each change of a value inside a dictionary costs several allocations.
  private final class Tenant {
    var running = 0
    var waiters: [Admission.Waiter] = []
    var seen: ContinuousClock.Instant
    var courtesy = Courtesy()
    var standing = Standing()

    init(seen: ContinuousClock.Instant) { self.seen = seen }
  }

  private var tenants: [TenantID: Tenant] = [:]
  /// Those with somebody waiting, in no order that matters.
  private var queued: Set<TenantID> = []
  private(set) var waiting = 0
  private var running = 0
  /// Requests of a tenant that are no flood yet, however little else there is.
  private let harmless: Int
  /// Who had most of what there was when its last request came, and when that was.
  private var flood: (tenant: TenantID, seen: ContinuousClock.Instant)?

  /// How long a tenant counts as present after its last request.
  private static let presence = Duration.seconds(10)
  private static let share = 0.75
  /// How long after its last request a flood counts as one.
  private static let floodMemory = Duration.seconds(1)
  /// How many tenants there are when those that are gone are looked for the next time.
  private var tidyAt = 64

  init(harmless: Int) { self.harmless = harmless }

  /// The tenant that has more than half of all that runs and waits while others are there. Many that ask for much together
  /// are no flood: none of them is in the others' way more than they are in its.
  func flooding(at now: ContinuousClock.Instant) -> TenantID? {
    guard let flood, now - flood.seen < Self.floodMemory, isShared(at: now) else { return nil }
    return flood.tenant
  }

  /// Whether several tenants are there: with something that runs or waits, or that came just now.
  func isShared(at now: ContinuousClock.Instant) -> Bool {
    var present = 0
    for tenant in tenants.values
    where tenant.running > 0 || !tenant.waiters.isEmpty || now - tenant.seen < Self.presence {
      present += 1
      if present > 1 { return true }
    }
    return false
  }

  /// Who may have how much of what may run.
  private struct Shares {
    let limit: Int
    let isShared: Bool
    let flooding: TenantID?

    /// While others are there a tenant may have three quarters: the rest starts at once for the others. Beside a flood it is
    /// the flood that leaves room.
    func most(of tenant: TenantID) -> Int {
      guard isShared, flooding == nil || flooding == tenant else { return limit }
      return max(1, Int(Double(limit) * TenantQueues.share))
    }
  }

  private func shares(of limit: Int, at now: ContinuousClock.Instant) -> Shares {
    let flooding = flooding(at: now)
    return Shares(
      limit: limit, isShared: flooding != nil || isShared(at: now), flooding: flooding)
  }

  /// Whether one more of the tenant's may run. A flood's also waits until what runs for others has ended: each of theirs would
  /// have half a core beside it.
  private func hasRoom(
    _ id: TenantID, _ tenant: Tenant, _ shares: Shares, at now: ContinuousClock.Instant
  ) -> Bool {
    guard tenant.running < shares.most(of: id) else { return false }
    guard id == shares.flooding, running > tenant.running else { return true }
    return !tenant.courtesy.givesWay(at: now)
  }

  /// How many more of the tenant's may wait. While others are there each has the limit for itself, within twice as many
  /// in all: the queue of one does not use up the others' room.
  func room(for id: TenantID, within limit: Int, at now: ContinuousClock.Instant) -> Int {
    guard isShared(at: now) else { return limit - waiting }
    return min(limit - (tenants[id]?.waiters.count ?? 0), limit * 2 - waiting)
  }

  /// A request of the tenant has come.
  mutating func arrived(_ id: TenantID, at now: ContinuousClock.Instant) {
    if tenants.count >= tidyAt { tidy(at: now) }
    let tenant = tenant(id, at: now)
    tenant.seen = now
    let own = tenant.running + tenant.waiters.count
    if own > harmless, own * 2 > running + waiting { flood = (id, now) }
  }

  /// Whether a request of the tenant may start without waiting: there is room, and none of its own waits before it.
  func mayRun(_ id: TenantID, within limit: Int, at now: ContinuousClock.Instant) -> Bool {
    guard let tenant = tenants[id] else { return limit > 0 }
    return tenant.waiters.isEmpty && hasRoom(id, tenant, shares(of: limit, at: now), at: now)
  }

  /// Since when the first of a tenant's queue has waited; nil when nobody does.
  func oldest(of id: TenantID) -> ContinuousClock.Instant? { tenants[id]?.waiters.first?.since }

  /// Whether somebody of the tenant has waited for so long, one after the other, that its queue is no burst.
  func stands(_ id: TenantID, at now: ContinuousClock.Instant) -> Bool {
    tenants[id]?.standing.isLong(at: now) ?? false
  }

  /// How many start before somebody who joins the tenant's queue now: those in it, and as many of every other tenant that
  /// has one, for they take turns.
  func places(before id: TenantID) -> Int {
    let own = tenants[id]?.waiters.count ?? 0
    return queued.reduce(own) { $1 == id ? $0 : $0 + min(own, tenants[$1]?.waiters.count ?? 0) }
  }

  mutating func started(_ id: TenantID, at now: ContinuousClock.Instant) {
    let tenant = tenant(id, at: now)
    tenant.courtesy.started(isAlone: running == tenant.running, at: now)
    tenant.running += 1
    running += 1
  }

  private mutating func tenant(_ id: TenantID, at now: ContinuousClock.Instant) -> Tenant {
    if let known = tenants[id] { return known }
    let new = Tenant(seen: now)
    tenants[id] = new
    return new
  }

  mutating func ended(_ id: TenantID) {
    guard let tenant = tenants[id], tenant.running > 0 else { return }
    tenant.running -= 1
    running -= 1
  }

  mutating func append(_ waiter: Admission.Waiter, of id: TenantID) {
    let tenant = tenant(id, at: waiter.since)
    tenant.waiters.append(waiter)
    tenant.standing.began(at: waiter.since)
    queued.insert(id)
    waiting += 1
  }

  /// The one to start next: of the tenant with least running, and of these the one that came first.
  mutating func next(within limit: Int, at now: ContinuousClock.Instant) -> Admission.Waiter? {
    let shares = shares(of: limit, at: now)
    var best: (id: TenantID, running: Int, since: ContinuousClock.Instant)?
    for id in queued {
      guard let tenant = tenants[id], let first = tenant.waiters.first,
        hasRoom(id, tenant, shares, at: now)
      else { continue }
      if let found = best, (found.running, found.since) <= (tenant.running, first.since) {
        continue
      }
      best = (id, tenant.running, first.since)
    }
    guard let id = best?.id, let waiter = tenants[id]?.waiters.removeFirst() else { return nil }
    left(id, 1, at: now)
    started(id, at: now)
    return waiter
  }

  mutating func remove(
    _ waiter: UInt64, of id: TenantID, at now: ContinuousClock.Instant
  ) -> Admission.Waiter? {
    guard let index = tenants[id]?.waiters.firstIndex(where: { $0.id == waiter }) else {
      return nil
    }
    let removed = tenants[id]?.waiters.remove(at: index)
    left(id, 1, at: now)
    return removed
  }

  /// Takes out whoever has waited for longer than `patience`.
  mutating func removeWaiting(
    longerThan patience: Duration, at now: ContinuousClock.Instant
  ) -> [Admission.Waiter] {
    var late: [Admission.Waiter] = []
    for id in queued {
      let old = tenants[id]?.waiters.prefix { now - $0.since > patience } ?? []
      guard !old.isEmpty else { continue }
      late += old
      tenants[id]?.waiters.removeFirst(old.count)
      left(id, old.count, at: now)
    }
    return late
  }

  private mutating func left(_ id: TenantID, _ count: Int, at now: ContinuousClock.Instant) {
    waiting -= count
    guard tenants[id]?.waiters.isEmpty ?? true else { return }
    queued.remove(id)
    tenants[id]?.standing.ended(at: now)
  }

  private mutating func tidy(at now: ContinuousClock.Instant) {
    tenants = tenants.filter {
      $0.value.running > 0 || !$0.value.waiters.isEmpty || now - $0.value.seen < Self.presence
    }
    tidyAt = max(64, tenants.count * 2)
  }
}
