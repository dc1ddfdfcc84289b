// swift-tools-version: 6.2
import PackageDescription

// What Portico's runtime is measured against. A package of its own, so that the peers are never in
// the product's dependency graph.

let package = Package(
  name: "portico-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "portico", path: ".."),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/grpc/grpc-swift-2.git", exact: "2.4.3"),
    .package(url: "https://github.com/grpc/grpc-swift-nio-transport.git", exact: "2.9.2"),
  ],
  targets: [
    .executableTarget(
      name: "grpc-swift-echo",
      dependencies: [
        .product(name: "GRPCCore", package: "grpc-swift-2"),
        .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Sources/GrpcSwiftEcho"),
    .executableTarget(
      name: "portico-echo",
      dependencies: [
        .product(name: "RPC", package: "portico"),
        .product(name: "WellKnown", package: "portico"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ],
      path: "Sources/PorticoEcho"),
  ])
