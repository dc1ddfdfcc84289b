// swift-tools-version: 6.2
import PackageDescription

// What Portico's runtime is measured against. A package of its own, so that the peers are never in
// the product's dependency graph.

let nio = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let grpcSwift: [Target.Dependency] = [
  .product(name: "GRPCCore", package: "grpc-swift-2"),
  .product(name: "GRPCNIOTransportHTTP2Posix", package: "grpc-swift-nio-transport"),
  nio,
]
let portico: [Target.Dependency] =
  ["HTTP2", "RPC", "WellKnown", "Protobuf"].map { .product(name: $0, package: "portico") } + [nio]

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
      name: "grpc-swift-echo", dependencies: grpcSwift, path: "Sources/GrpcSwiftEcho"),
    .executableTarget(
      name: "grpc-swift-client", dependencies: grpcSwift, path: "Sources/GrpcSwiftClient"),
    .target(name: "EchoService", dependencies: portico),
    .executableTarget(
      name: "portico-echo", dependencies: ["EchoService"], path: "Sources/PorticoEcho"),
    .executableTarget(
      name: "portico-client", dependencies: ["EchoService"] + portico,
      path: "Sources/PorticoClient"),
    .executableTarget(
      name: "postgres-load",
      dependencies: ["Store", "StorePostgres", "Values"].map {
        .product(name: $0, package: "portico")
      }, path: "Sources/PostgresLoad"),
    .executableTarget(
      name: "sqlite-load",
      dependencies: ["Store", "StoreSQLite", "Values"].map {
        .product(name: $0, package: "portico")
      }, path: "Sources/SQLiteLoad"),
    .target(name: "AllocationCount"),
    .executableTarget(
      name: "portico-echo-counted",
      dependencies: ["EchoService", "AllocationCount"] + portico,
      path: "Sources/PorticoEchoCounted"),
  ])
