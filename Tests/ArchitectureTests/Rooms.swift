/// A suffix is a room: what a file of a service may import follows from its name.
///
/// `Ticket.swift` decides, `TicketStore.swift` remembers, `TicketHandlers.swift` translates. Each room has what
/// the one before it has. Files at the top of a service (its table of contents) and the gateway are not rooms.
struct Room: Sendable {
  let suffix: String
  let imports: Set<String>

  static let domain = Room(suffix: "", imports: ["Foundation", "Values"])
  static let store = Room(
    suffix: "Store", imports: domain.imports.union(["Store"]))
  static let handlers = Room(
    suffix: "Handlers",
    imports: store.imports.union([
      "Access", "Handling", "Logging", "PorticoAPI", "Protobuf", "RPC", "WellKnown",
    ]))
  /// Carries effects out of the outbox, as idempotent calls of other services.
  static let effects = Room(suffix: "Effects", imports: handlers.imports)

  /// The longest suffix first, the domain last: it takes what is left.
  static let all = [handlers, effects, store, domain]

  /// What belongs to the trade of one service, in its handlers and effects.
  static let trade: [String: Set<String>] = [
    "IdentityService": ["Crypto"],
    "TicketingService": ["Blobs", "Crypto"],
    "MessagingService": ["Mail"],
  ]

  /// The room of a file, or nil when it is not in one.
  static func of(_ file: SourceFile) -> Room? {
    let parts = file.path.split(separator: "/")
    guard parts.first == "services", parts.count > 3, parts[1] != "gateway" else { return nil }
    guard parts[2] != "Main", parts[2] != "Migrations" else { return nil }
    // `TicketHandlers+Lists.swift` is a part of `TicketHandlers.swift`.
    let noun = file.stem.prefix { $0 != "+" }
    return all.first { noun.hasSuffix($0.suffix) }
  }

  /// What a file imports against its room.
  static func findings(in file: SourceFile) -> [String] {
    guard let room = of(file) else { return [] }
    var allowed = room.imports.union(["Synchronization"])
    if ["Handlers", "Effects"].contains(room.suffix) {
      allowed.formUnion(trade[file.module, default: []])
    }
    let name = room.suffix.isEmpty ? "a file of the domain" : "a \(room.suffix) file"
    return ImportTable.imports(of: file).filter { !allowed.contains($0.module) }
      .map { "\(file.path):\($0.line): \(name) may not import \($0.module)" }
  }
}
