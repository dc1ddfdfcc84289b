import Access
import Logging
import NIOCore
import PorticoAPI
import RPC
import Synchronization
import Values

/// Watches the services for the sessions of this process: one stream for each service and tenant that somebody is
/// looking at, whatever the number of browsers. Tells each listener what its principal may be told, by the same
/// function as the services, and lets everything go that a revocation makes worthless.
final class LiveHub: Sendable {
  struct Limits: Sendable {
    /// Tenants that are watched at a time; each is a stream of every service's connection.
    var tenants = 400
    /// Open streams of one session; one more ends the oldest.
    var perSession = 6
    var listeners = 20_000
    /// A tenant that nobody asked for is watched so long.
    var linger = Duration.seconds(120)
    /// After so long a stream ends and its session is looked at anew.
    var life = Duration.seconds(900)
    /// Between two signs of life.
    var beats = 20
  }

  struct State {
    var tenants: [TenantID: LiveTenant] = [:]
    var listeners = 0
    var next = 0
    var beat = 0
    var hasEnded = false
  }

  /// The services whose contracts have WatchEvents, by name.
  let methods: [RPC.Method]
  let caller: any Caller
  let sessions: SessionDirectory
  let limits: Limits
  let log: Logger
  let state = Mutex(State())
  private let clockwork = Mutex<Task<Void, Never>?>(nil)

  init(
    _ methods: [RPC.Method], caller: any Caller, sessions: SessionDirectory,
    limits: Limits = Limits(), log: Logger
  ) {
    self.methods = methods.filter {
      $0.name == "WatchEvents" && $0.output == Events.Event.descriptor
    }.sorted { $0.owner < $1.owner }
    self.caller = caller
    self.sessions = sessions
    self.limits = limits
    self.log = log
  }

  // MARK: Life

  func start() {
    sessions.onVisit { [weak self] in self?.attend($0) }
    let task = Task { [weak self] in
      while !Task.isCancelled {
        do { try await Task.sleep(for: .seconds(1)) } catch { return }
        self?.tick()
      }
    }
    clockwork.withLock { $0 = task }
  }

  /// Ends every stream: browsers come back, to another process or to the next.
  func stop() {
    clockwork.withLock { $0?.cancel() }
    let tenants = state.withLock { state in
      state.hasEnded = true
      defer { state.tenants = [:] }
      return Array(state.tenants.values)
    }
    for tenant in tenants {
      for task in tenant.upstream { task.cancel() }
      end(Array(tenant.listeners.values), with: Self.renewal)
    }
  }

  /// Where a page that is made now begins to listen; nil while it is not known. Begins to watch the tenant.
  func cursor(of tenant: TenantID) -> String? {
    attend(tenant)
    return state.withLock { state in
      guard let cursor = state.tenants[tenant]?.cursor, !cursor.positions.contains(nil) else {
        return nil
      }
      return "\(cursor)"
    }
  }

  /// Somebody of the tenant is here: from now on its events are followed, its revocations above all.
  @discardableResult
  func attend(_ tenant: TenantID) -> Bool {
    state.withLock { state in
      guard !state.hasEnded else { return false }
      if state.tenants[tenant] != nil {
        state.tenants[tenant]?.lastAsked = .now
        return true
      }
      guard state.tenants.count < limits.tenants else { return false }
      var entry = LiveTenant(services: methods.count, at: .now)
      entry.upstream = methods.indices.map { service in
        // Detached from the trace of the request that happened to come first: it goes on for all who come.
        Task.detached { [weak self] in await self?.follow(service, tenant) }
      }
      state.tenants[tenant] = entry
      return true
    }
  }

  var listenerCount: Int { state.withLock { $0.listeners } }
  var tenantCount: Int { state.withLock { $0.tenants.count } }

  // MARK: Listeners

  /// Why nobody can listen now.
  enum Refusal: Error { case full }

  /// Whether there is room, asked before an answer begins.
  func admit(_ tenant: TenantID) throws(Refusal) {
    guard attend(tenant), state.withLock({ $0.listeners }) < limits.listeners else { throw .full }
  }

  /// Lets a stream listen. Called on its event loop.
  ///
  /// - Parameter past: what the browser has already; nil when that cannot be read.
  func listen(
    _ push: any LivePush, as principal: Principal, after past: String?, stream: OpenStream? = nil
  ) {
    let seen = past.flatMap { LiveCursor($0, services: methods.count) }
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    let listener = LiveListener(
      number: number, principal: principal, push: push, stream: stream,
      until: .now + limits.life * Double.random(in: 0.8...1.2), past: seen)
    let joined = state.withLock { state -> Joined? in
      guard !state.hasEnded, var tenant = state.tenants[principal.tenant] else { return nil }
      state.tenants[principal.tenant] = nil
      let missed = tenant.add(listener, after: seen)
      let own = tenant.listeners.values.filter { $0.principal.session == principal.session }
      let surplus = own.sorted { $0.number < $1.number }.dropLast(limits.perSession)
      let cursor = "\(tenant.cursor)"
      state.tenants[principal.tenant] = tenant
      state.listeners += 1
      return Joined(missed: missed, surplus: Array(surplus), cursor: cursor)
    }
    guard let joined else {
      push.write(Self.renewal)
      return push.finish()
    }
    push.onClose { [weak self] in self?.left(listener) }
    // A browser that brings something that cannot be read has missed it all.
    let isLost = joined.missed == nil || (past?.isEmpty == false && seen == nil)
    push.write(
      LiveFrame(
        event: isLost ? "resync" : "hello", id: joined.cursor, retry: Self.retry))
    for frame in joined.missed ?? [] where !isLost { push.write(frame) }
    end(joined.surplus, with: LiveFrame(event: "replaced"))
  }

  private struct Joined {
    let missed: [LiveFrame]?
    let surplus: [LiveListener]
    let cursor: String
  }

  private func left(_ listener: LiveListener) {
    state.withLock { state in
      guard state.tenants[listener.tenant]?.listeners[listener.number] != nil else { return }
      state.tenants[listener.tenant]?.remove(listener.number)
      state.listeners -= 1
    }
  }

  static let retry = Duration.seconds(2)
  /// The session has to be looked at anew: come back at once.
  static let renewal = LiveFrame(event: "renew", retry: .milliseconds(500))
  static let signedOut = LiveFrame(event: "signed-out")

  /// Tells listeners, each on its event loop, with one errand to each loop.
  func tell(_ frame: LiveFrame, to listeners: [LiveListener]) {
    for (loop, group) in Self.byLoop(listeners) {
      loop.execute { for listener in group { listener.push.write(frame) } }
    }
  }

  /// Tells listeners why they are ended, and ends them.
  func end(_ listeners: [LiveListener], with frame: LiveFrame) {
    for listener in listeners { left(listener) }
    for (loop, group) in Self.byLoop(listeners) {
      loop.execute {
        for listener in group where listener.push.write(frame) { listener.push.finish() }
      }
    }
  }

  private static func byLoop(
    _ listeners: [LiveListener]
  ) -> [(any EventLoop, [LiveListener])] {
    let groups = Dictionary(grouping: listeners) { ObjectIdentifier($0.push.eventLoop) }
    return groups.values.compactMap { group in group.first.map { ($0.push.eventLoop, group) } }
  }

  // MARK: Time

  private func tick() {
    let now = ContinuousClock.now
    sessions.reviewDue()
    var beats: [(LiveFrame, [LiveListener])] = []
    var old: [LiveListener] = []
    var idle: [Task<Void, Never>] = []
    state.withLock { state in
      state.beat = (state.beat + 1) % limits.beats
      for (id, tenant) in state.tenants {
        let all = tenant.listeners.values
        if all.isEmpty, now - tenant.lastAsked > limits.linger {
          idle += tenant.upstream
          state.tenants[id] = nil
          continue
        }
        old += all.filter { $0.until <= now }
        let due = all.filter { $0.number % limits.beats == state.beat && $0.until > now }
        if !due.isEmpty { beats.append((LiveFrame(event: "beat", id: "\(tenant.cursor)"), due)) }
      }
    }
    for task in idle { task.cancel() }
    for (frame, listeners) in beats { tell(frame, to: listeners) }
    end(old, with: Self.renewal)
  }
}
