import Access
import NIOCore
import Values

/// What a gateway knows of one tenant's events: how far it has come, the newest ones, and who listens. A value under the
/// hub's lock.
struct LiveTenant {
  struct Recent {
    let service: Int
    let position: Int64
    let audience: EventAudience
    let frame: LiveFrame
  }

  /// Where the streams of the services stand.
  private(set) var cursor: LiveCursor
  /// What was forgotten last, or never known.
  private(set) var floor: LiveCursor
  private var recent: [Recent] = []
  private(set) var listeners: [Int: LiveListener] = [:]
  var upstream: [Task<Void, Never>] = []
  /// When somebody last asked for it.
  var lastAsked: ContinuousClock.Instant

  static let kept = 512

  init(services: Int, at now: ContinuousClock.Instant) {
    cursor = LiveCursor(services: services)
    floor = cursor
    lastAsked = now
  }

  /// A service's stream has begun, or begun anew, at a position: what came before is not known here.
  mutating func begin(_ service: Int, at position: Int64) {
    recent.removeAll { $0.service == service }
    cursor.positions[service] = position
    floor.positions[service] = position
  }

  /// A bookmark: nothing happened up to here that was not told.
  mutating func advance(_ service: Int, to position: Int64) { cursor.positions[service] = position }

  /// Takes up an event and gives back the listeners who are told of it.
  mutating func take(
    _ service: Int, _ position: Int64, _ audience: EventAudience, data: String
  ) -> (LiveFrame, [LiveListener]) {
    cursor.positions[service] = position
    let frame = LiveFrame(event: "change", data: data, id: "\(cursor)")
    recent.append(
      Recent(service: service, position: position, audience: audience, frame: frame))
    if recent.count > Self.kept {
      let old = recent.removeFirst()
      floor.positions[old.service] = old.position
    }
    return (frame, listeners.values.filter { $0.hears(service, position, audience) })
  }

  /// Adds a listener, and gives back what it has missed; nil when that is not known any more.
  mutating func add(_ listener: LiveListener, after past: LiveCursor?) -> [LiveFrame]? {
    listeners[listener.number] = listener
    guard let past else { return [] }
    guard past.isCovered(from: floor) else { return nil }
    return recent.filter { item in
      listener.hears(item.service, item.position, item.audience)
    }.map(\.frame)
  }

  mutating func remove(_ number: Int) { listeners[number] = nil }
}

/// One open stream of one session.
final class LiveListener: Sendable {
  let number: Int
  let tenant: TenantID
  let principal: Principal
  let push: any LivePush
  /// Counts it among the gateway's open streams.
  private let stream: OpenStream?
  /// When its session's rights must be looked at again.
  let until: ContinuousClock.Instant
  /// What it had when it came: another process may have been ahead of this one.
  private let past: LiveCursor?

  init(
    number: Int, principal: Principal, push: any LivePush, stream: OpenStream?,
    until: ContinuousClock.Instant, past: LiveCursor?
  ) {
    self.stream = stream
    self.number = number
    tenant = principal.tenant
    self.principal = principal
    self.push = push
    self.until = until
    self.past = past
  }

  func hears(_ service: Int, _ position: Int64, _ audience: EventAudience) -> Bool {
    if let seen = past?.positions[service], position <= seen { return false }
    return audience.includes(principal)
  }
}
