import CZlib

/// gzip of files that are compressed once, at start. Nothing that mixes secrets with a stranger's input is ever
/// compressed.
enum Gzip {
  /// Nil when zlib refuses, which without memory it may.
  static func compress(_ bytes: [UInt8]) -> [UInt8]? {
    var stream = z_stream()
    // 15 bits of window; 16 more ask for the gzip frame.
    guard
      deflateInit2_(
        &stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
        CInt(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { deflateEnd(&stream) }
    guard let count = uInt(exactly: bytes.count) else { return nil }
    let bound = Int(deflateBound(&stream, uLong(bytes.count)))
    var input = bytes
    var isDone = false
    let output = [UInt8](unsafeUninitializedCapacity: bound) { buffer, filled in
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = count
        stream.next_out = buffer.baseAddress
        stream.avail_out = uInt(clamping: buffer.count)
        isDone = deflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      filled = Int(stream.total_out)
    }
    return isDone ? output : nil
  }
}
