import RPC
import WellKnown

/// The metadata by which a method that answers with `google.api.HttpBody` speaks of ranges and validators. The gateway
/// makes it from and into HTTP headers; an RPC client may set and read it as well.
public enum DownloadMetadata {
  // Of the request, each as the HTTP header of that name says it; `method` is `HEAD` where the bytes are not wanted.
  public static let method = "portico-http-method"
  public static let range = "portico-http-range"
  public static let ifRange = "portico-http-if-range"
  public static let ifNoneMatch = "portico-http-if-none-match"

  // Of the answer. `status` is 200, 206 or 304; the name of the file is UTF-8.
  public static let status = "portico-http-status"
  public static let length = "portico-http-content-length"
  public static let contentRange = "portico-http-content-range"
  public static let etag = "portico-http-etag"
  public static let fileName = "portico-http-file-name-bin"

  /// `ErrorInfo` of the OUT_OF_RANGE for a range that lies outside of the bytes; its `size` says how many there are.
  public static let unsatisfiable = "RANGE_NOT_SATISFIABLE"
}

/// Stored bytes that a call hands out: whole, in part, or not at all because the caller has them.
public struct Download: Sendable {
  /// Bytes of the whole.
  public let size: Int
  public let contentType: String
  public let fileName: String
  /// A strong validator in quotes: other bytes, another one.
  public let etag: String

  /// - Parameter version: what changes with the bytes, of visible ASCII without quotes: a hash.
  public init(size: Int, contentType: String, fileName: String, version: String) {
    self.size = size
    self.contentType = contentType
    self.fileName = fileName
    etag = "\"\(version)\""
  }

  /// Most bytes of one message.
  private static let piece = 65_536

  /// Answers `call` as its metadata asks: the bytes, a range, only what they are, or that they are unchanged. Throws
  /// OUT_OF_RANGE for a range outside of the bytes.
  ///
  /// - Parameter read: the bytes of a range, in order.
  public func send<Chunks: AsyncSequence>(
    _ call: Call, _ responses: ResponseWriter<GoogleApi.HttpBody>,
    _ read: (Range<Int>) async throws -> Chunks
  ) async throws where Chunks.Element == [UInt8] {
    if isKnown(call.metadata.values(DownloadMetadata.ifNoneMatch)) {
      call.initialMetadata = try head(status: 304, range: nil)
      return try await responses.sendInitialMetadata()
    }
    let isHead = call.metadata[DownloadMetadata.method] == "HEAD"
    let range = isHead ? nil : try self.range(call.metadata)
    call.initialMetadata = try head(status: range == nil ? 200 : 206, range: range)
    let wanted = range ?? 0..<size
    guard !isHead, !wanted.isEmpty else {
      return try await responses.write(GoogleApi.HttpBody(contentType: contentType))
    }
    var type = contentType
    for try await chunk in try await read(wanted) {
      var rest = chunk[...]
      while !rest.isEmpty {
        let data = Array(rest.prefix(Self.piece))
        try await responses.write(GoogleApi.HttpBody(contentType: type, data: data))
        type = ""
        rest = rest.dropFirst(Self.piece)
      }
    }
  }

  private func head(status: Int, range: Range<Int>?) throws -> Metadata {
    var metadata = Metadata()
    try metadata.set(DownloadMetadata.status, String(status))
    try metadata.set(DownloadMetadata.etag, etag)
    guard status != 304 else { return metadata }
    try metadata.set(DownloadMetadata.length, String(range?.count ?? size))
    try metadata.set(DownloadMetadata.fileName, binary: Array(fileName.utf8))
    if let range {
      let last = range.upperBound - 1
      try metadata.set(
        DownloadMetadata.contentRange, "bytes \(range.lowerBound)-\(last)/\(size)")
    }
    return metadata
  }

  /// Whether one of the validators is ours; weakly compared (RFC 9110 §13.1.2).
  private func isKnown(_ conditions: [String]) -> Bool {
    conditions.contains { condition in
      condition.split(separator: ",").contains { tag in
        let tag = String(tag.filter { $0 != " " && $0 != "\t" })
        return tag == "*" || tag == etag || tag == "W/" + etag
      }
    }
  }

  /// The part that is asked for; nil for the whole, also where the range cannot be read or is of other bytes.
  private func range(_ metadata: Metadata) throws -> Range<Int>? {
    if let condition = metadata[DownloadMetadata.ifRange], condition != etag { return nil }
    guard let text = metadata[DownloadMetadata.range] else { return nil }
    switch ByteRange(text, of: size) {
    case .whole: return nil
    case .part(let range): return range
    case .outside:
      throw Status(
        .outOfRange, "the range lies outside of the \(size) bytes",
        details: [
          .reason(
            DownloadMetadata.unsatisfiable, domain: "portico", metadata: ["size": String(size)])
        ])
    }
  }
}

/// What a `Range` header asks for (RFC 9110 §14.1.2). Several ranges are answered with the whole, which is always allowed.
enum ByteRange: Hashable {
  case whole
  case part(Range<Int>)
  case outside

  init(_ text: String, of size: Int) {
    self = .whole
    let parts = text.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bytes", !parts[1].contains(",") else {
      return
    }
    let ends = parts[1].filter { $0 != " " && $0 != "\t" }
      .split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Self.number(ends[0]), let last = Self.number(ends[1]) else {
      return
    }
    switch (first, last) {
    case (nil, nil): return
    case (nil, let count?):
      self = count == 0 || size == 0 ? .outside : .part(max(0, size - count)..<size)
    case (let start?, let end):
      guard end.map({ start <= $0 }) ?? true else { return }
      self =
        start < size
        ? .part(start..<min(size, end.map { $0 == .max ? $0 : $0 + 1 } ?? size))
        : .outside
    }
  }

  /// A decimal number, clamped; `.some(nil)` for no digits; nil for what is no number.
  private static func number(_ text: Substring) -> Int?? {
    guard !text.isEmpty else { return .some(nil) }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return .some(Int(text) ?? .max)
  }
}
