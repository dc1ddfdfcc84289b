import Foundation
import NIOCore
import Values

/// `multipart/form-data` from a streamed body, with limits: text fields in memory, files spooled.
struct MultipartReader {
  private let body: RequestBody
  private let limits: FormLimits
  private let delimiter: [UInt8]
  private var buffer: [UInt8] = []
  private var total = 0
  private var isAtEnd = false
  private var form = Form()
  private var textBytes = 0

  private static let headerBytes = 8 * 1024

  /// - boundary: of the content type.
  init(_ body: RequestBody, boundary: String, limits: FormLimits) {
    self.body = body
    self.limits = limits
    delimiter = Array("\r\n--\(boundary)".utf8)
  }

  /// The boundary parameter of a content type, 1 to 70 characters of RFC 2046's set.
  static func boundary(_ contentType: String) -> String? {
    guard let value = MediaType(contentType).parameters["boundary"],
      (1...70).contains(value.utf8.count),
      value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !value.hasSuffix(" ")
    else { return nil }
    return value
  }

  mutating func read() async throws -> Form {
    if isTooLong, !limits.reportsOverflow {
      throw RequestBody.Failure.tooLarge(limit: limits.bytes)
    }
    // The first delimiter has no line break before it; putting one there makes it like the others.
    buffer = [0x0D, 0x0A]
    guard try await delimiterIsNext() else { throw malformed() }
    while try await !isLastDelimiter() {
      try await part()
      if form.overflow != nil { return form }
    }
    // What follows the last delimiter is no part of the form, but has to arrive for the next request to be found.
    while try await fill() { buffer.removeAll() }
    return form
  }

  /// Known before a byte is read.
  private var isTooLong: Bool { (body.declaredLength ?? 0) > limits.bytes }

  private mutating func part() async throws {
    guard form.fields.count + form.files.count < limits.fields else {
      throw Problem(.badRequest, .invalidArgument, "the form has more than \(limits.fields) fields")
    }
    let header = try PartHeader(try await headerLines())
    if let fileName = header.fileName {
      do {
        // The fields before the first file are small and wanted; the files of such a body are not.
        if isTooLong { throw RequestBody.Failure.tooLarge(limit: limits.bytes) }
        try await file(header, fileName)
      } catch RequestBody.Failure.tooLarge(_) where limits.reportsOverflow {
        form.overflow = header.name
      }
    } else {
      var bytes: [UInt8] = []
      let left = limits.textBytes - textBytes
      try await content { chunk in
        guard bytes.count + chunk.count <= left else {
          throw RequestBody.Failure.tooLarge(limit: left)
        }
        bytes.append(contentsOf: chunk)
      }
      textBytes += bytes.count
      guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else {
        throw Problem(.badRequest, .invalidArgument, "a form field is not UTF-8 text")
      }
      form.fields.append(.init(name: header.name, value: text))
    }
  }

  private mutating func file(_ header: PartHeader, _ fileName: String) async throws {
    var spool = FileSpool()
    let limit = limits.fileBytes
    do {
      try await content { chunk in
        guard spool.size + chunk.count <= limit else {
          throw RequestBody.Failure.tooLarge(limit: limit)
        }
        try await spool.append(chunk)
      }
    } catch {
      spool.discard()
      throw error
    }
    // A file input without a file sends an empty, nameless part.
    guard !fileName.isEmpty || spool.size > 0 else { return }
    guard form.files.count < limits.files else {
      spool.discard()
      throw Problem(.badRequest, .invalidArgument, "the form has more than \(limits.files) files")
    }
    let size = spool.size
    form.files.append(
      Upload(
        field: header.name, fileName: FileName.clean(fileName), claimedType: header.type,
        size: size,
        content: try await spool.finish()))
  }

  // MARK: Bytes

  /// Hands on everything up to the next delimiter.
  private mutating func content(_ take: (ArraySlice<UInt8>) async throws -> Void) async throws {
    while true {
      if let found = range(of: delimiter) {
        try await take(buffer[..<found.lowerBound])
        buffer.removeSubrange(..<found.upperBound)
        return
      }
      // The end of the buffer may be the start of a delimiter.
      let safe = buffer.count - delimiter.count + 1
      if safe > 0 {
        try await take(buffer[..<safe])
        buffer.removeSubrange(..<safe)
      }
      guard try await fill() else { throw malformed() }
    }
  }

  private func range(of pattern: [UInt8]) -> Range<Int>? {
    // Both patterns begin with a line break, which is rare in most content.
    let start: Int? = buffer.withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress, let first = pattern.first else { return nil }
      var at = 0
      while at + pattern.count <= bytes.count {
        let rest = bytes.count - pattern.count + 1 - at
        guard let found = memchr(base + at, CInt(first), rest) else { return nil }
        at = UnsafeRawPointer(found) - base
        if memcmp(found, pattern, pattern.count) == 0 { return at }
        at += 1
      }
      return nil
    }
    return start.map { $0..<($0 + pattern.count) }
  }

  private mutating func delimiterIsNext() async throws -> Bool {
    while buffer.count < delimiter.count {
      guard try await fill() else { return false }
    }
    guard buffer.starts(with: delimiter) else { return false }
    buffer.removeFirst(delimiter.count)
    return true
  }

  /// After a delimiter: `--` ends the form, CRLF starts a part.
  private mutating func isLastDelimiter() async throws -> Bool {
    while buffer.count < 2 {
      guard try await fill() else { throw malformed() }
    }
    let mark = Array(buffer.prefix(2))
    buffer.removeFirst(2)
    guard mark == [0x2D, 0x2D] || mark == [0x0D, 0x0A] else { throw malformed() }
    return mark == [0x2D, 0x2D]
  }

  private mutating func headerLines() async throws -> [String] {
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let found = range(of: blank) {
        let bytes = Array(buffer[..<found.lowerBound])
        buffer.removeSubrange(..<found.upperBound)
        guard let text = String(validating: bytes, as: UTF8.self) else { throw malformed() }
        // The content's own first line break may be the delimiter's.
        return text.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
      }
      guard buffer.count <= Self.headerBytes, try await fill() else { throw malformed() }
    }
  }

  private mutating func fill() async throws -> Bool {
    guard !isAtEnd, let chunk = try await body.next() else {
      isAtEnd = true
      return false
    }
    total += chunk.readableBytes
    guard total <= limits.bytes else { throw RequestBody.Failure.tooLarge(limit: limits.bytes) }
    buffer.append(contentsOf: chunk.readableBytesView)
    return true
  }

  private func malformed() -> Problem {
    Problem(.badRequest, .invalidArgument, "the form is not valid multipart/form-data")
  }
}

/// The header lines of one part.
private struct PartHeader {
  let name: String
  /// Nil for a text field; may be empty.
  let fileName: String?
  let type: String

  init(_ lines: [String]) throws {
    var disposition: MediaType?
    var type = "application/octet-stream"
    for line in lines {
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let value = String(line[line.utf8.index(after: colon)...].trimmed)
      switch line[..<colon].lowercased() {
      case "content-disposition": disposition = MediaType(value)
      case "content-type": type = MediaType(value).essence
      default: break
      }
    }
    guard let disposition, disposition.essence == "form-data",
      let name = disposition.parameters["name"], !name.isEmpty, name.utf8.count <= 256
    else { throw Problem(.badRequest, .invalidArgument, "a part of the form has no name") }
    self.name = name
    self.type = type
    fileName = disposition.parameters["filename"]
  }
}
