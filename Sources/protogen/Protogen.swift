// protogen: a descriptor set in, generated sources out. Also a protoc plugin for other people's protos, one that
// stands in front of protoc-gen-c, and the check for changes that break peers. Knows proto files and names; reads them
// with libprotobuf-c and runs no server.
import ArgumentParser
import Foundation

@main
struct Protogen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Generates Portico's sources from its proto files.",
    subcommands: [GenerateSwift.self, Plugin.self, PluginC.self, Breaking.self],
    // protoc runs a plugin without arguments.
    defaultSubcommand: Plugin.self)
}

struct GenerateSwift: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swift",
    abstract: "Writes WellKnown, PorticoAPI, openapi.json and the C headers of CPorticoProto.")

  @Option(help: "A FileDescriptorSet made with --include_imports and --include_source_info.")
  var descriptorSet: String

  @Option(help: "Where the Swift of google.* and grpc.* goes.")
  var outWellknown: String

  @Option(help: "Where the Swift of portico.* and openapi.json go.")
  var outApi: String

  @Option(help: "Where the umbrella header and the module map go.")
  var outC: String?

  func run() throws {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: descriptorSet)))
    let index = SchemaIndex(try SchemaReader.files(ofSet: bytes))
    let failures = SchemaChecks(index: index).failures()
    guard failures.isEmpty else {
      for failure in failures {
        FileHandle.standardError.write(Data("protogen: \(failure)\n".utf8))
      }
      throw ExitCode.failure
    }
    let swift = SwiftFiles(index: index)
    try write(swift.wellKnown(), to: outWellknown)
    let openAPI = try OpenAPI(index: index).document()
    try write(swift.api().merging(["openapi.json": openAPI]) { $1 }, to: outApi)
    if let outC {
      let headers = CHeaders(index: index)
      try write(
        [
          "CPorticoProto.h": headers.umbrella(), "Descriptors.h": headers.descriptors(),
          "module.modulemap": CHeaders.moduleMap,
        ], to: outC)
    }
  }

  private func write(_ files: [String: String], to directory: String) throws {
    let folder = URL(fileURLWithPath: directory, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    for (name, contents) in files {
      try Data(contents.utf8).write(to: folder.appendingPathComponent(name))
    }
  }
}
