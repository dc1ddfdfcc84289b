import Foundation

/// The sheets of every page as one file, so that a page needs one request before it can be drawn.
enum StylesheetBundle {
  static let name = "app.css"

  /// All files, with the named sheets joined in this order; every sheet without what only its authors read.
  static func joined(
    _ parts: [String], of files: [(name: String, bytes: [UInt8])]
  ) throws -> [(name: String, bytes: [UInt8])] {
    var sheet: [UInt8] = []
    for part in parts {
      guard let file = files.first(where: { $0.name == part }) else {
        throw CocoaError(.fileNoSuchFile, userInfo: [NSFilePathErrorKey: part])
      }
      sheet += minified(file.bytes)
    }
    let others = files.filter { !parts.contains($0.name) }.map { file in
      (file.name, file.name.hasSuffix(".css") ? minified(file.bytes) : file.bytes)
    }
    return others + [(name, sheet)]
  }

  /// Without comments, indentation and the blanks that separate nothing. Strings stay as they are, and so does a blank
  /// before a colon or a bracket, where it means something.
  static func minified(_ css: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(css.count)
    var index = 0
    var blankIsDue = false
    while index < css.count {
      let byte = css[index]
      if byte == UInt8(ascii: "/"), index + 1 < css.count, css[index + 1] == UInt8(ascii: "*") {
        index = endOfComment(css, after: index + 2)
        blankIsDue = true
        continue
      }
      if isBlank(byte) {
        blankIsDue = true
        index += 1
        continue
      }
      if blankIsDue, let last = out.last, !separators.contains(last), last != UInt8(ascii: ":"),
        !separators.contains(byte)
      {
        out.append(UInt8(ascii: " "))
      }
      blankIsDue = false
      if byte == UInt8(ascii: "}"), out.last == UInt8(ascii: ";") { out.removeLast() }
      let end = isQuote(byte) ? endOfString(css, openedAt: index) : index + 1
      out += css[index..<end]
      index = end
    }
    return out
  }

  private static let separators = Array("{};,".utf8)

  private static func isBlank(_ byte: UInt8) -> Bool {
    [0x20, 0x09, 0x0A, 0x0C, 0x0D].contains(byte)
  }
  private static func isQuote(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'")
  }

  private static func endOfComment(_ css: [UInt8], after start: Int) -> Int {
    var index = start
    while index + 1 < css.count {
      if css[index] == UInt8(ascii: "*"), css[index + 1] == UInt8(ascii: "/") { return index + 2 }
      index += 1
    }
    return css.count
  }

  private static func endOfString(_ css: [UInt8], openedAt start: Int) -> Int {
    var index = start + 1
    while index < css.count {
      if css[index] == UInt8(ascii: "\\") {
        index += 2
        continue
      }
      if css[index] == css[start] { return index + 1 }
      index += 1
    }
    return css.count
  }
}
