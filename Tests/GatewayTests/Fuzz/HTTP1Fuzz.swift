import NIOCore
import NIOHTTP1

@testable import Gateway

/// Requests of HTTP/1.1: how the bytes are cut into reads changes nothing, and what is let through can be read in one way.
enum HTTP1Fuzz {
  private static let limits: EdgeLimits = {
    var limits = EdgeLimits()
    (limits.targetBytes, limits.headerBytes, limits.headerFields) = (256, 1024, 16)
    return limits
  }()

  private struct Reading: Equatable {
    /// Heads and bodies in their order; the bytes of a body in one.
    var parts: [String] = []
    var hasFailed = false
    var isIdle = true
  }

  /// The first byte is the largest read.
  static func run(_ input: [UInt8]) -> String? {
    guard let size = input.first else { return nil }
    let bytes = Array(input.dropFirst())
    var fault: String?
    let whole = read(bytes, piece: max(1, bytes.count), &fault)
    let parts = read(bytes, piece: max(1, Int(size)), &fault)
    if let fault { return fault }
    return whole == parts ? nil : "in pieces \(parts), whole \(whole)"
  }

  private static func read(_ bytes: [UInt8], piece: Int, _ fault: inout String?) -> Reading {
    var parser = HTTP1Parser(limits: limits)
    var buffer = ByteBuffer()
    var reading = Reading()
    for start in stride(from: 0, to: bytes.count, by: piece) {
      buffer.writeBytes(bytes[start..<min(start + piece, bytes.count)])
      do throws(HTTP1Parser.Fault) {
        while let part = try parser.next(&buffer) { note(part, &reading, &fault) }
      } catch {
        reading.hasFailed = true
        return reading
      }
    }
    reading.isIdle = parser.isIdle && buffer.readableBytes == 0
    return reading
  }

  private static func note(
    _ part: HTTP1Parser.Part, _ reading: inout Reading, _ fault: inout String?
  ) {
    switch part {
    case .head(let head):
      if let broken = broken(head) { fault = broken }
      reading.parts.append(
        "\(head.method) \(head.target) \(head.headers) \(head.contentLength ?? -1)")
      reading.parts.append("")
    case .body(let body):
      guard !reading.parts.isEmpty else {
        fault = "a body before its head"
        return
      }
      reading.parts[reading.parts.count - 1] += body.readableBytesView.map { "\($0)," }.joined()
    case .end: reading.parts.append("end")
    }
  }

  /// What no parser behind us may get to see.
  private static func broken(_ head: HTTP1Parser.Head) -> String? {
    let lengths = head.headers["content-length"]
    let codings = head.headers["transfer-encoding"]
    if lengths.count > 1 || codings.count > 1 || (!lengths.isEmpty && !codings.isEmpty) {
      return "the length of a body is said twice: \(head.headers)"
    }
    if let length = lengths.first, Int(length) != head.contentLength {
      return "a body has \(head.contentLength ?? -1) bytes, and \(length) are declared"
    }
    if head.headers["host"].count > 1 { return "two hosts" }
    for (name, value) in head.headers {
      guard HTTP1Head.isToken(name[...]) else { return "a header is called \(name)" }
      guard !value.utf8.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
        return "a header holds a line break"
      }
    }
    let isPlain = head.target.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    return isPlain ? nil : "the target is \(head.target)"
  }
}
