import CZlib

/// Makes gzip of one whole message at a time. Has zlib's state (about 270 KiB), so it is kept for the next one.
final class Deflater: @unchecked Sendable {
  private let stream: UnsafeMutablePointer<z_stream>

  static let shared = Spares<Deflater>(limit: 8) { Deflater() }

  private init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // A handler compresses on its event loop: the fastest level. 16 above the bits of the window ask for gzip.
    let code = deflateInit2_(
      stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      CInt(MemoryLayout<z_stream>.size))
    guard code == Z_OK else { return nil }
  }

  deinit {
    deflateEnd(stream)
    stream.deallocate()
  }

  /// The message as gzip; nil when that is not shorter.
  func deflate(_ message: [UInt8]) -> [UInt8]? {
    guard deflateReset(stream) == Z_OK, message.count > 1,
      let size = uInt(exactly: message.count)
    else { return nil }
    var isWhole = false
    let output = [UInt8](unsafeUninitializedCapacity: message.count - 1) { output, count in
      message.withUnsafeBufferPointer { input in
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
        stream.pointee.avail_in = size
        stream.pointee.next_out = output.baseAddress
        stream.pointee.avail_out = size - 1
        isWhole = CZlib.deflate(stream, Z_FINISH) == Z_STREAM_END
        count = isWhole ? message.count - 1 - Int(stream.pointee.avail_out) : 0
      }
      stream.pointee.next_in = nil
      stream.pointee.next_out = nil
    }
    return isWhole ? output : nil
  }

  /// `message` as gzip; nil when it should go as it is.
  static func deflate(_ message: [UInt8]) -> [UInt8]? {
    shared.use { $0.deflate(message) } ?? nil
  }
}
