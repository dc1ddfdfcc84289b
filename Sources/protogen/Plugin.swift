import ArgumentParser
import CPorticoProto
import Foundation

/// `protoc --plugin=protoc-gen-portico=protogen --portico_out=visibility=package,client:DIR FILES`: the Swift of other
/// people's protos, beside the C that `protoc --c_out` makes of them.
struct Plugin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plugin", abstract: "A protoc plugin: a CodeGeneratorRequest in, an answer out.")

  func run() throws {
    guard isatty(STDIN_FILENO) == 0 else {
      throw CleanExit.helpRequest(Protogen.self)
    }
    let request = [UInt8](try FileHandle.standardInput.readToEnd() ?? Data())
    FileHandle.standardOutput.write(Data(Self.answer(to: request)))
  }

  /// A serialized CodeGeneratorResponse. What is wrong with the protos is said in it, as protoc wants.
  static func answer(to request: [UInt8]) -> [UInt8] {
    do {
      return PluginAnswer.files(try PluginRequest(request).files())
    } catch let error as PluginFailure {
      return PluginAnswer.failure(error.description)
    } catch {
      return PluginAnswer.failure("\(error)")
    }
  }
}

/// Everything that keeps a request from being answered with files.
struct PluginFailure: Error, CustomStringConvertible {
  let description: String
}

/// The parameter of `--portico_out`, `visibility=package,client,c_module=CShop`.
struct PluginOptions {
  var visibility = "public"
  var sides = SwiftServices.Sides.both
  var cModule = "CPorticoProto"

  init(_ parameter: String) throws {
    for option in parameter.split(separator: ",").map(String.init) {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts[0], parts.count > 1 ? parts[1] : nil) {
      case ("visibility", let value?) where ["public", "internal", "package"].contains(value):
        visibility = value
      case (let name, nil) where SwiftServices.Sides(rawValue: name) != nil:
        sides = SwiftServices.Sides(rawValue: name) ?? .both
      case ("c_module", let value?) where !value.isEmpty: cModule = value
      default:
        throw PluginFailure(
          description: "unknown parameter \"\(option)\": visibility=public|internal|package, "
            + "server, client or both, c_module=NAME")
      }
    }
  }
}

/// A CodeGeneratorRequest and what comes of it.
struct PluginRequest {
  let index: SchemaIndex
  /// Paths of the files that protoc was asked for.
  let wanted: Set<String>
  let options: PluginOptions

  init(_ bytes: [UInt8]) throws {
    guard
      let request = google__protobuf__compiler__code_generator_request__unpack(
        nil, bytes.count, bytes)
    else { throw PluginFailure(description: "standard input is no CodeGeneratorRequest") }
    defer { google__protobuf__compiler__code_generator_request__free_unpacked(request, nil) }
    let wanted = items(request.pointee.n_file_to_generate, request.pointee.file_to_generate)
    self.wanted = Set(wanted.map { text($0) })
    options = try PluginOptions(text(request.pointee.parameter))
    index = SchemaIndex(
      try SchemaReader.files(items(request.pointee.n_proto_file, request.pointee.proto_file)))
  }

  /// Names and contents, in the order of the request.
  func files() throws -> [(name: String, content: String)] {
    let checks = SchemaChecks(index: index, needsRules: options.sides != .client, isOurs: false)
    let failures = checks.failures().filter { wanted.contains($0.file) }
    guard failures.isEmpty else {
      throw PluginFailure(description: failures.map(\.description).joined(separator: "\n"))
    }
    let swift = SwiftFiles(index: index)
    var files: [(name: String, content: String)] = []
    for file in index.files where wanted.contains(file.path) {
      let lines =
        swift.types(file) + SwiftServices(file: file, index: index, sides: options.sides).lines()
      let imports = [options.cModule, "Protobuf", "RPC", "WellKnown"]
      files.append((swift.name(file), swift.header(file, imports: imports) + written(lines)))
    }
    let top = swift.namespaces { wanted.contains($0.path) && !$0.isWellKnown } + tables()
    files.append(
      ("Namespaces.swift", "\(SwiftFiles.mark).\n" + written(top)))
    files.append(
      ("Descriptors.h", CHeaders(index: index).descriptors(of: { wanted.contains($0.path) })))
    return files
  }

  /// `Methods`, which the tables of the files extend.
  private func tables() -> [String] {
    let services = index.files.filter { wanted.contains($0.path) }.flatMap(\.services)
    return services.isEmpty
      ? [] : ["", "/// Every RPC as data, by service.", "public enum Methods {}"]
  }

  private func written(_ lines: [String]) -> String {
    let access = options.visibility == "internal" ? "" : options.visibility + " "
    return Indentation.of(
      lines.map { $0.hasPrefix("public ") ? access + $0.dropFirst("public ".count) : $0 }
    ).joined(separator: "\n") + "\n"
  }
}

/// CodeGeneratorResponse on the wire.
enum PluginAnswer {
  static func files(_ files: [(name: String, content: String)]) -> [UInt8] {
    PluginC.supportsOptional
      + files.flatMap {
        field(15, field(1, Array($0.name.utf8)) + field(15, Array($0.content.utf8)))
      }
  }

  static func failure(_ reason: String) -> [UInt8] {
    field(1, Array(reason.utf8)) + PluginC.supportsOptional
  }

  private static func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(bytes.count) + bytes
  }

  private static func varint(_ value: Int) -> [UInt8] {
    value < 0x80 ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }
}

/// Two spaces a bracket, for output that no formatter will see.
enum Indentation {
  static func of(_ lines: [String]) -> [String] {
    var depth = 0
    return lines.map { line in
      guard !line.isEmpty, !line.hasPrefix("//") else {
        return line.isEmpty ? "" : indent(depth) + line
      }
      let code = withoutLiterals(line)
      let closing = code.prefix { "})]".contains($0) }.count
      let level =
        depth - (closing > 0 ? 1 : 0) - (code.hasPrefix("case ") && code.hasSuffix(":") ? 1 : 0)
      depth += code.reduce(0) { $0 + ("{([".contains($1) ? 1 : "})]".contains($1) ? -1 : 0) }
      return indent(max(level, 0)) + line
    }
  }

  private static func indent(_ depth: Int) -> String {
    String(repeating: "  ", count: max(depth, 0))
  }

  /// The line without what stands in quotes.
  private static func withoutLiterals(_ line: String) -> String {
    line.replacing(/"(\\.|[^"\\])*"/, with: "")
  }
}
