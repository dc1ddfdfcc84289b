import Access
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// Serves WatchEvents of one service over its event log (N-05): the same for all services.
struct EventWatch<Service: HostedService>: RPCService {
  let feeds: EventFeeds
  private let types: [String: EventType]
  private let method: Method

  /// Nil for a service whose contract has no WatchEvents.
  init?(_ feeds: EventFeeds) {
    let method = PorticoAPI.Methods.all.first {
      $0.owner == Service.name && $0.name == "WatchEvents"
        && $0.output == Events.Event.descriptor
    }
    guard let method else { return nil }
    self.method = method
    self.feeds = feeds
    types = Dictionary(
      Service.eventTypes.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  static var name: String {
    "portico.\(Service.name).v1.\(Service.name.prefix(1).uppercased())\(Service.name.dropFirst())Events"
  }

  var handlers: [MethodHandler] {
    [
      .serverStreaming(method) {
        (request: Events.WatchEventsRequest, call: Call, responses: ResponseWriter<Events.Event>)
          async throws -> Void in
        try await watch(request, call, responses)
      }
    ]
  }

  private func watch(
    _ request: Events.WatchEventsRequest, _ call: Call, _ responses: ResponseWriter<Events.Event>
  ) async throws {
    let filter = try EventFilter(request, types: types, principal: try call.principal)
    let cursor = try EventCursor.position(request.cursor)
    let tenant = try call.principal.tenant
    try await feeds.with(tenant) { feed in
      let (wakes, number) = feed.subscribe()
      defer { feed.unsubscribe(number) }
      var stream = EventStream(
        feed: feed, feeds: feeds, filter: filter, call: call, responses: responses,
        number: number)
      try await stream.run(from: cursor, wakes)
    }
    // The feed ends with the process: another one, or the next, goes on from the reader's cursor.
    throw Status(.unavailable, "the service is going away; resume after the last cursor")
  }
}

/// What a reader wants and may be told.
struct EventFilter: Sendable {
  private let types: [String: EventType]
  private let wanted: Set<String>
  private let resource: String
  private let principal: Principal

  init(
    _ request: Events.WatchEventsRequest, types: [String: EventType], principal: Principal
  ) throws {
    var check = Violations()
    check.require(request.types.count <= 50, "types", "must be at most 50")
    for type in request.types {
      check.require(types[type] != nil, "types", "\(type.prefix(64)) is no type of this service")
    }
    check.require(request.resource.utf8.count <= 512, "resource", "must be a resource's name")
    try check.end()
    self.types = types
    self.principal = principal
    wanted = Set(request.types)
    resource = request.resource
  }

  /// The event as the reader is told it; nil for what is not for them. A type that is declared nowhere is for nobody.
  func told(_ event: Event) -> Events.Event? {
    guard let type = types[event.type], wanted.isEmpty || wanted.contains(event.type),
      resource.isEmpty || event.resource == resource || event.resource.hasPrefix(resource + "/")
    else { return nil }
    let audience = EventAudience(type, at: event.place)
    guard audience.includes(principal) else { return nil }
    var message = Events.Event(
      cursor: EventCursor.text(event.position), type: event.type, resource: event.resource,
      account: event.place.account.map { "accounts/\($0)" } ?? "",
      createTime: GoogleProtobuf.Timestamp(event.time))
    if case .service = principal.kind { message.audience = Events.EventAudience(audience) }
    return message
  }
}

/// A cursor as readers hold it.
enum EventCursor {
  static func text(_ position: Int64) -> String { String(position) }

  /// Nil for "from now on".
  static func position(_ text: String) throws(Status) -> Int64? {
    guard !text.isEmpty else { return nil }
    guard let position = Int64(text), position >= 0, String(position) == text else {
      throw .invalid("cursor", "is not one of this service's")
    }
    return position
  }
}
