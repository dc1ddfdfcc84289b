import NIOCore
import NIOHTTP1

/// A strict HTTP/1.1 request parser without I/O: bytes in, parts out, and a fault for everything that two parsers in a
/// row could read differently. See docs/decisions/0201.
struct HTTP1Parser {
  struct Head: Sendable {
    let method: HTTPMethod
    let target: String
    let headers: HTTPHeaders
    let isHTTP10: Bool
    /// Nil when chunked.
    let contentLength: Int?
    let keepsAlive: Bool
    let expectsContinue: Bool
  }
  enum Part {
    case head(Head)
    case body(ByteBuffer)
    case end
  }
  /// What the peer did wrong. The connection cannot go on: where the next request starts is unknown.
  enum Fault: Error, Hashable {
    case malformed(String)
    case targetTooLong
    case headersTooLarge
    case expectationFailed
  }

  private enum State {
    case head
    case fixed(Int)
    case chunkSize
    case chunk(Int)
    case chunkEnd
    case lastChunkEnd
    case complete
    case failed(Fault)
  }

  private let limits: EdgeLimits
  private var state = State.head
  /// Bytes of an incomplete head that have been looked at already.
  private var scanned = 0
  /// The one empty line that may come before a request has come.
  private var hasSkippedLine = false

  init(limits: EdgeLimits) { self.limits = limits }

  /// Whether the parser stands between requests.
  var isIdle: Bool {
    if case .head = state { scanned == 0 } else { false }
  }

  /// The next part, or nil when more bytes are needed.
  mutating func next(_ buffer: inout ByteBuffer) throws(Fault) -> Part? {
    do throws(Fault) { return try step(&buffer) } catch {
      state = .failed(error)
      throw error
    }
  }

  private mutating func step(_ buffer: inout ByteBuffer) throws(Fault) -> Part? {
    while true {
      switch state {
      case .failed(let fault): throw fault
      case .head:
        guard let head = try head(&buffer) else { return nil }
        state = head.contentLength.map { $0 == 0 ? .complete : .fixed($0) } ?? .chunkSize
        return .head(head)
      case .fixed(let left):
        guard let bytes = take(upTo: left, &buffer) else { return nil }
        state = left == bytes.readableBytes ? .complete : .fixed(left - bytes.readableBytes)
        return .body(bytes)
      case .chunkSize:
        guard let size = try chunkSize(&buffer) else { return nil }
        state = size == 0 ? .lastChunkEnd : .chunk(size)
      case .chunk(let left):
        guard let bytes = take(upTo: left, &buffer) else { return nil }
        state = left == bytes.readableBytes ? .chunkEnd : .chunk(left - bytes.readableBytes)
        return .body(bytes)
      case .chunkEnd, .lastChunkEnd:
        guard try lineEnd(&buffer) else { return nil }
        if case .chunkEnd = state { state = .chunkSize } else { state = .complete }
      case .complete:
        state = .head
        return .end
      }
    }
  }

  private func take(upTo count: Int, _ buffer: inout ByteBuffer) -> ByteBuffer? {
    guard buffer.readableBytes > 0 else { return nil }
    return buffer.readSlice(length: min(count, buffer.readableBytes))
  }

  // MARK: Chunks

  /// Hexadecimal digits and CRLF; extensions are refused, nobody needs them and proxies disagree about them.
  private func chunkSize(_ buffer: inout ByteBuffer) throws(Fault) -> Int? {
    let view = buffer.readableBytesView
    var size = 0
    var digits = 0
    for byte in view {
      if let digit = PercentCoding.hexValue(byte) {
        digits += 1
        guard digits <= 15 else { throw .malformed("a chunk size is too long") }
        size = size << 4 | Int(digit)
      } else {
        guard byte == 0x0D, digits > 0 else { throw .malformed("a chunk size is malformed") }
        guard view.count > digits + 1 else { return nil }
        guard view[view.startIndex + digits + 1] == 0x0A else {
          throw .malformed("a chunk size does not end in CRLF")
        }
        buffer.moveReaderIndex(forwardBy: digits + 2)
        return size
      }
    }
    return nil
  }

  /// CRLF and nothing else: after the last chunk that means that trailers are refused.
  private func lineEnd(_ buffer: inout ByteBuffer) throws(Fault) -> Bool {
    let view = buffer.readableBytesView.prefix(2)
    guard zip(view, [0x0D, 0x0A] as [UInt8]).allSatisfy({ $0 == $1 }) else {
      throw .malformed("a chunk does not end where its size says, or trailers follow")
    }
    guard view.count == 2 else { return false }
    buffer.moveReaderIndex(forwardBy: 2)
    return true
  }

  // MARK: Head

  private mutating func head(_ buffer: inout ByteBuffer) throws(Fault) -> Head? {
    // One empty line before a request is allowed (RFC 9112 §2.2), for clients that end a body with CRLF.
    if scanned == 0, !hasSkippedLine, buffer.readableBytesView.first == 0x0D {
      guard buffer.readableBytes >= 2 else { return nil }
      guard buffer.readableBytesView.starts(with: [0x0D, 0x0A]) else {
        throw .malformed("a bare CR")
      }
      buffer.moveReaderIndex(forwardBy: 2)
      hasSkippedLine = true
    }
    guard let length = try headLength(buffer.readableBytesView) else { return nil }
    (scanned, hasSkippedLine) = (0, false)
    guard let bytes = buffer.readBytes(length: length) else { return nil }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .malformed("the headers are not UTF-8")
    }
    // "\r\n" is one Character: the lines of the head, then two empty ones.
    var lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
    lines.removeLast(2)
    return try HTTP1Head.parse(lines, limits: limits)
  }

  /// Looks at new bytes once: bytes that may not be there are a fault at once, not after a time-out.
  private mutating func headLength(_ view: ByteBufferView) throws(Fault) -> Int? {
    var index = view.startIndex + scanned
    while index < view.endIndex {
      let offset = index - view.startIndex
      guard offset < limits.headerBytes + limits.targetBytes else { throw .headersTooLarge }
      switch view[index] {
      case 0x0A:
        guard offset > 0, view[index - 1] == 0x0D else {
          throw .malformed("a line ends in a bare LF")
        }
        if offset >= 3, view[index - 2] == 0x0A { return offset + 1 }
      case 0x09, 0x20...0x7E, 0x80...0xFF:
        guard offset == 0 || view[index - 1] != 0x0D else { throw .malformed("a bare CR") }
      case 0x0D:
        guard offset == 0 || view[index - 1] != 0x0D else { throw .malformed("a bare CR") }
      default: throw .malformed("a control character in the headers")
      }
      index += 1
    }
    scanned = view.count
    return nil
  }
}
