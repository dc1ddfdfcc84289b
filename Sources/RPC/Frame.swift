import NIOCore

/// The wire form of one message: flag, length, bytes.
enum Frame {
  static func write(_ message: [UInt8], to buffer: inout ByteBuffer) {
    write(message, flag: 0, to: &buffer)
  }

  /// `compressed` on a call whose `grpc-encoding` is gzip; a message that gzip does not shorten goes as it is.
  static func write(_ message: [UInt8], compressed: Bool, to buffer: inout ByteBuffer) {
    if compressed, let short = Deflater.deflate(message) {
      write(short, flag: 1, to: &buffer)
    } else {
      write(message, flag: 0, to: &buffer)
    }
  }

  private static func write(_ message: [UInt8], flag: UInt8, to buffer: inout ByteBuffer) {
    buffer.reserveCapacity(
      minimumWritableBytes: message.count + Deframer.prefixSize)
    buffer.writeInteger(flag)
    buffer.writeInteger(UInt32(clamping: message.count))
    buffer.writeBytes(message)
  }

  /// Throws when a message is over the send limit.
  static func check(_ message: [UInt8], limit: Int) throws(Status) {
    guard message.count <= min(limit, Int(UInt32.max)) else {
      throw Status(
        .resourceExhausted, "a message of \(message.count) bytes is over the send limit of \(limit)"
      )
    }
  }
}
