// swift-tools-version: 6.2
import PackageDescription

// The platform (Sources/) knows no ticket and no invoice; the product (services/) is one folder per
// process. Who may import whom is held as data by Tests/ArchitectureTests.

let nio: [Target.Dependency] = [
  .product(name: "NIOCore", package: "swift-nio"),
  .product(name: "NIOPosix", package: "swift-nio"),
]
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
]

/// A module of the platform, with its tests when `tested`.
func module(
  _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: strict)
}

/// One service: the library that is the product, and the process around it.
func service(
  _ folder: String, _ name: String, _ more: [Target.Dependency] = [], resources: [Resource] = []
) -> [Target] {
  [
    .target(
      name: name,
      dependencies: [
        "Values", "Protobuf", "WellKnown", "RPC", "Store", "Access", "Handling", "PorticoAPI",
        "Bootstrap", "Telemetry", log,
      ] + more,
      path: "services/\(folder)",
      exclude: ["Main", "README.md"],
      resources: [.copy("Migrations")] + resources,
      swiftSettings: strict),
    .executableTarget(
      name: "portico-\(folder)",
      dependencies: [.target(name: name), "Bootstrap"],
      path: "services/\(folder)/Main",
      swiftSettings: strict),
  ]
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil)
  -> Target
{
  .testTarget(
    name: "\(name)Tests", dependencies: dependencies, resources: resources, swiftSettings: strict)
}

let services: [Target.Dependency] = [
  "IdentityService", "TicketingService", "MessagingService", "BillingService", "CmsService",
]

let targets: [Target] =
  [
    .systemLibrary(
      name: "CNghttp2", pkgConfig: "libnghttp2", providers: [.apt(["libnghttp2-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(
      name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(name: "CMagic", pkgConfig: "libmagic", providers: [.apt(["libmagic-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CSodium", pkgConfig: "libsodium", providers: [.apt(["libsodium-dev"])]),
    .target(name: "CPorticoProto", dependencies: ["CProtobufC"]),

    module("Values"),
    module("Threads"),
    module("Crypto", ["COpenSSL", "CSodium", "Threads", "Values"]),
    module("Protobuf", ["CProtobufC", "Values"], exclude: ["README.md"]),
    module("WellKnown", ["Protobuf", "CPorticoProto", "Values"]),
    module("HTTP2", ["CNghttp2", "COpenSSL", "Values", log] + nio),
    module(
      "RPC",
      ["Threads", "Values", "Protobuf", "WellKnown", "HTTP2", "Telemetry", "CZlib", log] + nio,
      exclude: ["README.md"]),
    module("Store", ["Values", "COpenSSL", "Telemetry"]),
    module(
      "StoreSQLite",
      [
        "Store", "Values", "Telemetry", log, .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
      ]),
    module("StorePostgres", ["Store", "Values", "Telemetry", "CPostgres", log]),
    .target(
      name: "PorticoAPI",
      dependencies: ["Protobuf", "WellKnown", "CPorticoProto", "RPC", "Values"],
      resources: [.copy("openapi.json")], swiftSettings: strict),
    module(
      "GRPCServices", ["CPorticoProto", "Protobuf", "WellKnown", "RPC", "PorticoAPI"]),
    module("Access", ["Values", "Crypto", "Protobuf", "WellKnown", "RPC", "Store", "PorticoAPI"]),
    module("Handling", ["Values", "Protobuf", "WellKnown", "RPC", "Store", "Access"]),
    module("Blobs", ["Values", "Crypto", "CMagic", "Threads"]),
    module("Mail", ["CCurl", "Threads", "Values"]),
    module("Telemetry", [log, "Values"]),
    module(
      "Bootstrap",
      [
        "Values", "Crypto", "WellKnown", "HTTP2", "RPC", "Store", "StoreSQLite", "StorePostgres",
        "PorticoAPI", "GRPCServices", "Access",
        "Handling", "Telemetry", "Blobs",
        log,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ] + nio),

    .executableTarget(
      name: "protogen", dependencies: ["CPorticoProto", arguments], swiftSettings: strict),
    .executableTarget(
      name: "interop",
      dependencies: [
        "WellKnown", "HTTP2", "RPC", "PorticoAPI", "GRPCServices", log, arguments,
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "portico",
      dependencies: services + [
        "Gateway", "Bootstrap", "PorticoAPI", "Values", "Protobuf", "WellKnown", "HTTP2", "RPC",
        "Access", "Crypto", "GRPCServices", "Threads",
        "Telemetry", "Store", "Blobs", log, arguments,
      ] + nio,
      swiftSettings: strict),
  ]
  + service(
    "identity", "IdentityService", ["Crypto"], resources: [.copy("Passwords/common-passwords.txt")])
  + service("ticketing", "TicketingService", ["Blobs", "Crypto"])
  + service("messaging", "MessagingService", ["Mail"])
  + service("billing", "BillingService")
  + service("cms", "CmsService")
  + [
    .target(
      name: "Gateway",
      dependencies: [
        "Values", "Protobuf", "WellKnown", "HTTP2", "RPC", "Access", "Handling", "PorticoAPI",
        "Bootstrap", "Crypto", "Blobs", "CZlib", "Telemetry", log,
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ] + nio,
      path: "services/gateway",
      exclude: ["Main", "README.md"],
      resources: [.copy("Assets")],
      swiftSettings: strict),
    .executableTarget(
      name: "portico-gateway",
      dependencies: ["Gateway", "Bootstrap"],
      path: "services/gateway/Main",
      swiftSettings: strict),

    tests("Values", ["Values"]),
    tests("Threads", ["Threads"]),
    tests("Crypto", ["Crypto", "Values", "TestProcesses"]),
    tests("Protobuf", ["Protobuf", "WellKnown", "PorticoAPI", "CPorticoProto", "RPC"]),
    .testTarget(
      name: "FuzzTests", dependencies: ["Protobuf", "WellKnown", "PorticoAPI", "RPC"],
      exclude: ["Corpus"], swiftSettings: strict),
    tests("Protogen", ["protogen", "CPorticoProto", "PorticoAPI", "RPC", "TestProcesses"]),
    tests("HTTP2", ["HTTP2", .product(name: "NIOEmbedded", package: "swift-nio")] + nio),
    tests(
      "RPC",
      [
        "GRPCServices", "RPC", "Protobuf", "WellKnown", "HTTP2", "PorticoAPI", "Telemetry", "CZlib",
        "TestProcesses",
      ] + nio),
    tests("GRPCServices", ["GRPCServices", "RPC", "WellKnown", "PorticoAPI", "CPorticoProto"]),
    tests(
      "Wire", ["RPC", "HTTP2", "WellKnown", "PorticoAPI", "CZlib", "interop", "TestProcesses"]),
    tests("Store", ["Store", "StoreSQLite", "StorePostgres", "Values", "TestSupport"]),
    tests(
      "Access",
      [
        "Access", "RPC", "Crypto", "Store", "Values", "Protobuf", "WellKnown", "PorticoAPI",
        "TestSupport",
      ]),
    tests(
      "Handling",
      [
        "Handling", "RPC", "Store", "Access", "Values", "Protobuf", "WellKnown", "PorticoAPI",
        "TestSupport",
      ]),
    tests("Blobs", ["Blobs", "Crypto", "Values"]),
    tests("Mail", ["Mail", "Values", "TestSupport", "TestProcesses"]),
    tests("Telemetry", ["Telemetry", "Values", log]),
    tests(
      "Bootstrap",
      [
        "Bootstrap", "GRPCServices", "Access", "Crypto", "Handling", "HTTP2", "RPC", "Store",
        "StoreSQLite", "Telemetry",
        "Values", "Protobuf", "WellKnown", "PorticoAPI", "TestSupport",
        log,
      ]),
    tests("Identity", ["IdentityService", "TestSupport"]),
    tests("Ticketing", ["TicketingService", "IdentityService", "TestSupport"]),
    tests("Messaging", ["MessagingService", "Mail", "TestSupport"]),
    tests("Billing", ["BillingService", "IdentityService", "TestSupport"]),
    tests("Cms", ["CmsService", "TestSupport"]),
    tests("Gateway", ["Gateway", "portico-gateway", "TestSupport", "TestProcesses"]),
    tests(
      "Portico",
      [
        "portico", "portico-billing", "TestSupport", "TestProcesses", "Access", "Blobs",
        "Bootstrap", "Crypto",
        "Gateway",
        "GRPCServices", "HTTP2", "RPC", "Store", "StorePostgres", "Values", "WellKnown",
        "PorticoAPI",
      ] + services),
    tests("Authorization", services + ["Gateway", "Crypto", "TestSupport"]),
    tests("Architecture", []),
    // Our codec at the end of a pipe, for Tests/DifferentialTests.
    .executableTarget(
      name: "transcoder", dependencies: ["Protobuf", "WellKnown", "PorticoAPI"],
      path: "Tests/Transcoder", swiftSettings: strict),
    // How tests start programs.
    .target(name: "TestProcesses", path: "Tests/TestProcesses", swiftSettings: strict),
    // What service tests share: an in-memory store, a manual clock, signed principals, a loopback server.
    .target(
      name: "TestSupport",
      dependencies: [
        "Values", "Crypto", "RPC", "Store", "StoreSQLite", "StorePostgres", "Access", "Handling",
        "PorticoAPI",
        "Bootstrap", "TestProcesses", log,
      ],
      path: "Tests/TestSupport",
      swiftSettings: strict),
  ]

/// For packages beside this one. Benchmarks/ takes the runtime and the stores; Tests/Fuzz the contract and what strangers reach
/// as well, which scripts/fuzz asks for: with the gateway comes our Crypto, and the benchmarks' peers bring another.
let offered =
  [
    "HTTP2", "RPC", "WellKnown", "Protobuf", "PorticoAPI", "Store", "StorePostgres", "StoreSQLite",
    "Values",
  ] + (Context.environment["PORTICO_FUZZ"] == nil ? [] : ["Gateway"])

let package = Package(
  name: "portico",
  platforms: [.macOS(.v15)],
  products: offered.map { .library(name: $0, targets: [$0]) },
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(
      url: "https://github.com/apple/swift-configuration.git", from: "1.4.0",
      traits: ["JSON", "CommandLineArguments"]),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/groue/GRDB.swift.git", from: "7.10.0"),
  ],
  targets: targets)
