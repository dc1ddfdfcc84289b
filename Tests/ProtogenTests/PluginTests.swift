import Foundation
import TestProcesses
import Testing

@testable import protogen

@Suite("protogen as a plugin of protoc")
struct PluginTests {
  private static let shop = """
    syntax = "proto3";
    package acme.shop.v1;
    // What is ordered.
    message Order {
      optional int32 count = 1;
      // By name.
      map<string, Order> parts = 2;
    }
    service Shop {
      // Places it.
      rpc Place(Order) returns (stream Order) { option idempotency_level = IDEMPOTENT; }
    }
    """

  private struct Outcome {
    let status: Int32
    let errors: String
    let files: [String: String]
  }

  /// Runs protoc with the protogen that was built beside these tests.
  private func protoc(_ text: String, parameter: String) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("plugin-\(UUID().uuidString)")
    let out = folder.appendingPathComponent("out")
    try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
    defer {
      do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
    }
    let proto = folder.appendingPathComponent("shop.proto")
    try text.write(to: proto, atomically: true, encoding: .utf8)
    let built = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let process = Process()
    let errors = Pipe.ofOneChild()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.standardError = errors
    process.arguments = [
      "protoc", "-I", folder.path,
      "-I", ProtoSource.root.appendingPathComponent("proto").path,
      "--plugin=protoc-gen-portico=\(built.appendingPathComponent("protogen").path)",
      "--portico_out=\(parameter):\(out.path)", "shop.proto",
    ]
    try process.start()
    let said = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    var files: [String: String] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: out.path) {
      files[name] = try String(contentsOf: out.appendingPathComponent(name), encoding: .utf8)
    }
    return Outcome(
      status: process.terminationStatus, errors: String(decoding: said, as: UTF8.self), files: files
    )
  }

  @Test("R-131 protoc runs it, with proto3 optional, and gets what it asked for")
  func client() throws {
    let outcome = try protoc(Self.shop, parameter: "visibility=package,client,c_module=CShop")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.files.keys.sorted() == ["Descriptors.h", "Namespaces.swift", "shop.swift"])
    let swift = try #require(outcome.files["shop.swift"])
    #expect(swift.contains("import CShop\n"))
    #expect(swift.contains("  /// What is ordered.\n  package struct Order: Protobuf.Message {"))
    #expect(swift.contains("    package var count: Int32? = nil\n"))
    #expect(
      swift.contains("    /// By name.\n    package var parts: [String: AcmeShop.Order] = [:]\n"))
    #expect(swift.contains("package struct ShopClient: Sendable {"))
    #expect(!swift.contains("ShopService") && !swift.contains("public "))
    #expect(
      swift.contains("idempotency: .idempotent") && swift.contains("AccessRule(.servicesOnly)"))
    #expect(outcome.files["Namespaces.swift"]?.contains("package enum AcmeShop {}") == true)
    #expect(outcome.files["Descriptors.h"]?.contains("acme__shop__v1__order__address") == true)
    let again = try protoc(Self.shop, parameter: "visibility=package,client,c_module=CShop")
    #expect(again.files == outcome.files)
  }

  @Test("R-131 server, client or both; public, package or internal")
  func parameters() throws {
    let rule = "option idempotency_level = IDEMPOTENT;"
    let text = Self.shop.replacingOccurrences(
      of: rule, with: rule + " option (portico.access.v1.rule) = { anyone: true };"
    ).replacingOccurrences(
      of: "package acme", with: "import \"portico/access/v1/access.proto\"; package acme")
    let server = try #require(try protoc(text, parameter: "server").files["shop.swift"])
    #expect(server.contains("public protocol ShopService") && !server.contains("ShopClient"))
    let both = try #require(
      try protoc(text, parameter: "both,visibility=internal").files["shop.swift"])
    #expect(both.contains("\nprotocol ShopService") && both.contains("\nstruct ShopClient"))
    #expect(!both.contains("public ") && !both.contains("package "))
  }

  @Test("R-131 what is wrong is said by protoc, and no file is written")
  func failures() throws {
    let unknown = try protoc(Self.shop, parameter: "visbility=public")
    #expect(unknown.status != 0 && unknown.files.isEmpty)
    #expect(unknown.errors.contains("unknown parameter \"visbility=public\""))
    let noRule = try protoc(Self.shop, parameter: "server")
    #expect(noRule.status != 0 && noRule.files.isEmpty)
    #expect(noRule.errors.contains("acme.shop.v1.Shop.Place: has no access rule"))
  }

  @Test("R-131 bytes that are no request are answered, not crashed on")
  func garbage() {
    for bytes: [UInt8] in [[0xFF], [0x0A, 0x80], [0x7A, 0x02, 0x0A, 0x05]] {
      #expect(Plugin.answer(to: bytes).first == 0x0A)
    }
  }
}
