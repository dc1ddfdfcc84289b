import Foundation
import TestProcesses
import Testing

@testable import protogen

/// Compiles proto text with protoc, beside the real files of proto/, and reads the result.
struct ProtoSource {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// An rpc that is in order; tests replace parts of it.
  static func service(
    options: String, package: String = "portico.trial.v1", fields: String = "string name = 1;"
  ) -> String {
    """
    syntax = "proto3";
    package \(package);
    import "google/api/annotations.proto";
    import "portico/access/v1/access.proto";
    // What is asked.
    message GetThingRequest { \(fields) }
    message Thing { string name = 1; }
    service Things {
      // Gets it.
      rpc GetThing(GetThingRequest) returns (Thing) { \(options) }
    }
    """
  }

  static let access = "option (portico.access.v1.rule) = { signed_in: true };"
  static let pure = "option idempotency_level = NO_SIDE_EFFECTS;"
  static let http = #"option (google.api.http) = { get: "/v1/{name=things/*}" };"# + pure

  /// The index of `text`, as `trial.proto`, and all that it imports.
  static func index(_ text: String) throws -> SchemaIndex {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("protogen-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer {
      do { try FileManager.default.removeItem(at: folder) } catch { Issue.record(error) }
    }
    try text.write(
      to: folder.appendingPathComponent("trial.proto"), atomically: true, encoding: .utf8)
    let set = folder.appendingPathComponent("set.bin")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "protoc", "-I", folder.path, "-I", root.appendingPathComponent("proto").path,
      "--include_imports", "--include_source_info", "--descriptor_set_out=\(set.path)",
      "trial.proto",
    ]
    try process.start()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "protoc refused the text")
    return SchemaIndex(try SchemaReader.files(ofSet: [UInt8](try Data(contentsOf: set))))
  }

  static func failures(_ text: String) throws -> [String] {
    SchemaChecks(index: try index(text)).failures().map(\.description)
  }

  /// The Swift of `trial.proto`.
  static func swift(_ text: String) throws -> String {
    try #require(SwiftFiles(index: try index(text)).api()["trial.swift"])
  }
}
