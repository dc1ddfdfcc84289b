import ArgumentParser
import CPorticoProto
import Foundation

/// protoc-gen-c 1.4.1 does not tell protoc that it can take proto3 `optional`, so protoc refuses such
/// files. This plugin runs it as a child and adds to its answer that it can: a field of that kind
/// then arrives as a oneof of one member, which is what it means.
///
/// Comments are taken out of the request: in C they would stand in `/* … */`, and ours hold
/// resource names with `/*` in them. And services: what it makes of those nobody calls, and a method named
/// `Init` does not compile.
struct PluginC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin-c", abstract: "A protoc plugin that runs protoc-gen-c.",
    shouldDisplay: false)

  /// CodeGeneratorResponse.supported_features = FEATURE_PROTO3_OPTIONAL.
  static let supportsOptional: [UInt8] = [0x10, 0x01]

  func run() throws {
    let request = [UInt8](try FileHandle.standardInput.readToEnd() ?? Data())
    let answer = try Self.protocGenC(Self.messagesOnly(of: request))
    FileHandle.standardOutput.write(Data(answer + Self.supportsOptional))
  }

  /// The CodeGeneratorRequest without the source information and the services of its files.
  static func messagesOnly(of request: [UInt8]) throws -> [UInt8] {
    guard
      let message = google__protobuf__compiler__code_generator_request__unpack(
        nil, request.count, request)
    else { throw ValidationError("standard input is not a CodeGeneratorRequest") }
    defer { google__protobuf__compiler__code_generator_request__free_unpacked(message, nil) }
    for file in items(message.pointee.n_proto_file, message.pointee.proto_file) {
      if let info = file.pointee.source_code_info {
        google__protobuf__source_code_info__free_unpacked(info, nil)
        file.pointee.source_code_info = nil
      }
      for service in items(file.pointee.n_service, file.pointee.service) {
        google__protobuf__service_descriptor_proto__free_unpacked(service, nil)
      }
      // The array itself is freed with the file.
      file.pointee.n_service = 0
    }
    let size = google__protobuf__compiler__code_generator_request__get_packed_size(message)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      count = google__protobuf__compiler__code_generator_request__pack(message, start)
    }
  }

  private static func protocGenC(_ request: [UInt8]) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["protoc-gen-c"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    // It reads everything before it writes anything, so the order cannot block.
    try input.fileHandleForWriting.write(contentsOf: Data(request))
    try input.fileHandleForWriting.close()
    let answer = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw ValidationError("protoc-gen-c ended with status \(process.terminationStatus)")
    }
    return [UInt8](answer)
  }
}
