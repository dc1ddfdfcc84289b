/// Where a module stands in docs/architecture.md. A module may import those of lower tiers.
enum Tier: Int, Comparable, Sendable {
  case c
  case values
  case bytes
  case messages
  case engines
  case contract
  case process
  case product
  case program

  static func < (one: Tier, other: Tier) -> Bool { one.rawValue < other.rawValue }
}

/// One line of the table.
struct Module: Sendable {
  let name: String
  let tier: Tier
  /// What it may import that its tier alone does not give it: C libraries, neighbours, packages.
  let also: Set<String>

  init(_ name: String, _ tier: Tier, also: Set<String> = []) {
    self.name = name
    self.tier = tier
    self.also = also
  }
}

enum ImportTable {
  /// The standard library and Foundation: for everyone.
  static let system: Set<String> = [
    "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Darwin", "Musl", "Synchronization",
  ]

  static let nio: Set<String> = ["NIOCore", "NIOPosix", "NIOConcurrencyHelpers"]

  static let modules: [Module] = [
    Module("CNghttp2", .c), Module("COpenSSL", .c), Module("CProtobufC", .c),
    Module("CPostgres", .c), Module("CCurl", .c), Module("CSodium", .c), Module("CZlib", .c),
    Module("CMagic", .c),
    Module("CPorticoProto", .c),

    Module("Values", .values),
    Module("Threads", .values),

    Module("Crypto", .bytes, also: ["COpenSSL", "CSodium"]),
    Module("Protobuf", .bytes, also: ["CProtobufC"]),
    Module("HTTP2", .bytes, also: nio.union(["CNghttp2", "COpenSSL", "Logging"])),
    Module("Store", .bytes, also: ["COpenSSL", "Telemetry"]),
    Module("Blobs", .bytes, also: ["Crypto", "CMagic"]),
    Module("Mail", .bytes, also: ["CCurl"]),
    Module("Telemetry", .bytes, also: ["Logging"]),

    Module("WellKnown", .messages, also: ["CPorticoProto", "CProtobufC"]),

    Module("RPC", .engines, also: nio.union(["CZlib", "Logging"])),
    Module("StoreSQLite", .engines, also: ["GRDB", "GRDBSQLite", "Logging"]),
    Module("StorePostgres", .engines, also: ["CPostgres", "Logging"]),

    Module("PorticoAPI", .contract, also: ["CPorticoProto", "CProtobufC"]),
    Module("GRPCServices", .contract, also: ["PorticoAPI", "CPorticoProto"]),
    Module("Access", .contract, also: ["PorticoAPI", "Logging"]),
    Module("Handling", .contract, also: ["Access", "Logging"]),

    Module(
      "Bootstrap", .process,
      also: nio.union(["Configuration", "Logging", "NIOHTTP1", "UnixSignals"])),

    Module("IdentityService", .product, also: ["Logging"]),
    Module("TicketingService", .product, also: ["Logging"]),
    Module("MessagingService", .product, also: ["Logging"]),
    Module("BillingService", .product, also: ["Logging"]),
    Module("CmsService", .product, also: ["Logging"]),
    Module("Gateway", .product, also: nio.union(["NIOHTTP1", "Logging", "CZlib"])),

    Module("portico-identity", .program), Module("portico-ticketing", .program),
    Module("portico-messaging", .program), Module("portico-billing", .program),
    Module("portico-cms", .program), Module("portico-gateway", .program),
    Module("protogen", .program, also: ["ArgumentParser", "CPorticoProto", "CProtobufC"]),
    Module("portico", .program, also: nio.union(["ArgumentParser", "Logging"])),
    Module("interop", .program, also: ["ArgumentParser", "Logging", "UnixSignals"]),
  ]

  static func module(_ name: String) -> Module? { modules.first { $0.name == name } }

  /// Whether the table lets one module import another; C libraries and packages only by name.
  static func allows(_ importer: Module, _ imported: String) -> Bool {
    if system.contains(imported) || importer.also.contains(imported) { return true }
    guard let other = module(imported) else { return false }
    return other.tier != .c && other.tier < importer.tier
  }

  /// The modules that a file imports, with the lines: `@testable import struct A.B` imports `A`.
  static func imports(of file: SourceFile) -> [(line: Int, module: String)] {
    file.source.lines.compactMap { line in
      var words = line.text.split(whereSeparator: \.isWhitespace)
      let modifiers = ["public", "package", "internal", "fileprivate", "private"]
      while let first = words.first, first.hasPrefix("@") || modifiers.contains(String(first)) {
        words.removeFirst()
      }
      guard words.first == "import", words.count > 1 else { return nil }
      let kinds = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
      let name = kinds.contains(String(words[1])) && words.count > 2 ? words[2] : words[1]
      return (line.number, String(name.prefix { $0 != "." && $0 != ";" }))
    }
  }

  /// What a file imports against the table.
  static func findings(in file: SourceFile) -> [String] {
    guard let importer = module(file.module) else {
      return ["\(file.path): the module \(file.module) is not in ImportTable"]
    }
    return imports(of: file).filter { !allows(importer, $0.module) }
      .map { "\(file.path):\($0.line): \(file.module) may not import \($0.module)" }
  }
}
