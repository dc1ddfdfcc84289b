// swift-tools-version: 6.2
import PackageDescription

// The fuzzers: a package of its own, since libFuzzer brings the program's main. What they run is in Tests/FuzzTests and in
// Tests/GatewayTests/Fuzz, linked into Sources/fuzz.

let package = Package(
  name: "portico-fuzz",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "portico", path: "../..")],
  targets: [
    .executableTarget(
      name: "fuzz",
      dependencies: ["Protobuf", "RPC", "PorticoAPI", "Gateway"].map {
        .product(name: $0, package: "portico")
      },
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")])
  ])
