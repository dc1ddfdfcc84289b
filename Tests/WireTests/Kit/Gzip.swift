import CZlib

/// Compressed bytes, good and bad.
enum Gzip {
  static func pack(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    // 15 bits of window, 16 for the gzip wrapper.
    let code = deflateInit2_(
      &stream, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(code == Z_OK)
    defer { deflateEnd(&stream) }
    var input = bytes
    return input.withUnsafeMutableBufferPointer { input in
      stream.next_in = input.baseAddress
      stream.avail_in = UInt32(input.count)
      let room = Int(deflateBound(&stream, UInt(input.count)))
      return [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        stream.next_out = buffer.baseAddress
        stream.avail_out = UInt32(room)
        precondition(deflate(&stream, Z_FINISH) == Z_STREAM_END)
        count = Int(stream.total_out)
      }
    }
  }

  /// With a checksum that does not hold.
  static func spoiled(_ bytes: [UInt8]) -> [UInt8] {
    var packed = pack(bytes)
    packed[packed.count - 8] ^= 0xFF
    return packed
  }

  /// 64 MiB of zeros in 64 KiB.
  static let bomb = pack([UInt8](repeating: 0, count: 64 << 20))
}
