import NIOCore

/// Reads the messages of a body that is framed as gRPC frames them, for protocols that carry such bodies over plain
/// HTTP: gRPC-Web and Connect's streams. Bytes in, whole messages out; a length is checked before
/// anything is kept for it, and what came compressed is inflated when it is taken.
package struct EnvelopeReader {
  private var inbox: Inbox

  /// - Parameters:
  ///   - limit: largest message, bytes, as it comes and inflated.
  ///   - inflation: for bodies whose headers name gzip; without it a compressed message is an error.
  package init(limit: Int, inflation: Inflation? = nil) {
    inbox = Inbox(limit: limit, decompressor: inflation?.decompressor(limit: limit))
  }

  /// Bytes of a message that has not arrived completely: the body must not end here.
  package var isInsideMessage: Bool { inbox.isInsideMessage }

  /// Whole messages that wait to be taken.
  package var count: Int { inbox.count }

  /// Throws INTERNAL for a flag byte that is not known, RESOURCE_EXHAUSTED for a message over the limit.
  package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(Status) {
    // The window is the body's own: whoever reads it asks for bytes only when nothing waits here.
    _ = try inbox.append(bytes)
  }

  /// The next message. Throws only for a compressed one.
  package mutating func take() throws(Status) -> [UInt8]? { try inbox.take()?.message }
}

/// How far strangers' compressed messages may grow. One for all calls of a listener.
package struct Inflation: Sendable {
  private let budget: InflationBudget
  private let maximumRatio: Int

  /// - Parameters:
  ///   - bytesInAll: what may be inflated at a time, of all calls together.
  ///   - maximumRatio: how many times its size on the wire a message may have.
  package init(bytesInAll: Int, maximumRatio: Int) {
    budget = InflationBudget(limit: bytesInAll)
    self.maximumRatio = maximumRatio
  }

  /// One message, or a whole body. Throws INTERNAL for what is no gzip, RESOURCE_EXHAUSTED beyond a limit.
  package func inflate(_ message: [UInt8], limit: Int) throws(Status) -> [UInt8] {
    try decompressor(limit: limit).inflate(message)
  }

  func decompressor(limit: Int) -> Decompressor {
    Decompressor(limit: limit, maximumRatio: maximumRatio, budget: budget)
  }
}

/// One message as such a body carries it.
package enum Envelope {
  /// Flag, length, message.
  package static func bytes(_ message: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(Deframer.prefixSize + message.count)
    out.append(flags)
    let count = UInt32(clamping: message.count)
    for shift in [24, 16, 8, 0] as [UInt32] {
      out.append(UInt8(truncatingIfNeeded: count >> shift))
    }
    out += message
    return out
  }

  /// As gzip, with the lowest bit of the flags set; as it is when that is not shorter.
  package static func compressed(_ message: [UInt8], flags: UInt8 = 0) -> [UInt8] {
    guard let short = Deflater.deflate(message) else { return bytes(message, flags: flags) }
    return bytes(short, flags: flags | 1)
  }

  /// A whole body as gzip; nil when that is not shorter.
  package static func gzip(_ body: [UInt8]) -> [UInt8]? { Deflater.deflate(body) }
}
