import NIOCore

/// The lines of a request body, read as somebody wants the next one; blank ones are passed over.
struct JSONLines {
  private let body: RequestBody
  /// Bytes of one line.
  private let limit: Int
  private var line: [UInt8] = []
  private var rest: ByteBufferView
  private var hasEnded = false
  /// The body is one JSON text with line breaks wherever it likes.
  private let isOneText: Bool

  init(_ body: RequestBody, limit: Int, isOneText: Bool = false) {
    self.body = body
    self.isOneText = isOneText
    self.limit = limit
    rest = ByteBuffer().readableBytesView
  }

  /// The next line without its end, nil after the last; the last one needs no line feed.
  mutating func next() async throws -> [UInt8]? {
    while true {
      while let found = try advance() {
        if !found.allSatisfy(Self.isBlank) { return found }
      }
      if hasEnded { return nil }
      if let chunk = try await body.next() {
        rest = chunk.readableBytesView
      } else {
        hasEnded = true
        defer { line = [] }
        if !line.allSatisfy(Self.isBlank) { return line }
      }
    }
  }

  /// A line that is complete in what is here.
  private mutating func advance() throws -> [UInt8]? {
    guard !rest.isEmpty else { return nil }
    let end = isOneText ? nil : rest.firstIndex(of: UInt8(ascii: "\n"))
    let piece = rest[..<(end ?? rest.endIndex)]
    guard line.count + piece.count <= limit else {
      throw RequestBody.Failure.tooLarge(limit: limit)
    }
    line += piece
    guard let end else {
      rest = rest[rest.endIndex...]
      return nil
    }
    rest = rest[rest.index(after: end)...]
    defer { line = [] }
    return line
  }

  private static func isBlank(_ byte: UInt8) -> Bool { [0x20, 0x09, 0x0D, 0x0A].contains(byte) }
}
