import Foundation
import Testing

/// A text file of the project.
struct SourceFile: Sendable {
  /// From the project's root: `Sources/RPC/Call.swift`.
  let path: String
  let text: String
  /// The text taken apart; for files that are not Swift, of no use.
  let source: SwiftText

  init(path: String, text: String) {
    self.path = path
    self.text = text
    // The generated files are half of all text, and of them only the imports are looked at.
    let isSwift = path.hasSuffix(".swift")
    source =
      Self.isGenerated(path) ? SwiftText(plain: text) : SwiftText(isSwift ? text : "")
  }

  /// `Call.swift`
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// `Call`
  var stem: String { String(name.prefix { $0 != "." }) }

  /// The module that the file is part of: `RPC`, `TicketingService`, `portico-ticketing`.
  var module: String {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count > 2 else { return "" }
    guard parts[0] == "services" else { return parts[1] }
    if parts[2] == "Main" { return "portico-\(parts[1])" }
    return parts[1] == "gateway" ? "Gateway" : parts[1].capitalized + "Service"
  }

  /// Generated files are held to the import table and to nothing else.
  var isGenerated: Bool { Self.isGenerated(path) }

  private static func isGenerated(_ path: String) -> Bool {
    ["CPorticoProto", "PorticoAPI", "WellKnown"].contains { path.hasPrefix("Sources/\($0)/") }
  }
}

enum Project {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The files below `Sources` and `services` with this extension, in order of their paths.
  static func files(_ fileExtension: String, below folders: [String] = ["Sources", "services"])
    throws -> [SourceFile]
  {
    var found: [SourceFile] = []
    for folder in folders {
      let top = root.appendingPathComponent(folder)
      let paths = try #require(FileManager.default.enumerator(atPath: top.path))
      for case let path as String in paths where path.hasSuffix(".\(fileExtension)") {
        let text = try String(contentsOf: top.appendingPathComponent(path), encoding: .utf8)
        found.append(SourceFile(path: "\(folder)/\(path)", text: text))
      }
    }
    return found.sorted { $0.path < $1.path }
  }

  /// The Swift files of the product, read once.
  static func swift() throws -> [SourceFile] { try read.get() }
  private static let read = Result { try files("swift") }

  /// Those that people write.
  static func written() throws -> [SourceFile] {
    let files = try swift().filter { !$0.isGenerated }
    // A walk that found next to nothing would let every rule pass.
    try #require(files.count > 40)
    return files
  }
}
