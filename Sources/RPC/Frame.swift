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
    // One write and not three: each finds its place anew and is checked for overlapping access.
    let size = Deframer.prefixSize + message.count
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { room in
      room[0] = flag
      room.storeBytes(
        of: UInt32(clamping: message.count).bigEndian, toByteOffset: 1, as: UInt32.self)
      message.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(rebasing: room[Deframer.prefixSize...]).copyMemory(from: $0)
      }
      return size
    }
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
