import CZlib

/// gzip of files, which are compressed once, at start, and of pages where `PageCompression` allows it.
enum Gzip {
  /// Small is worth any time, or time matters more.
  enum Effort: CInt {
    case best = 9
    case quick = 3
  }

  /// Nil when zlib refuses, which without memory it may.
  static func compress(_ bytes: [UInt8], _ effort: Effort = .best) -> [UInt8]? {
    var stream = z_stream()
    // 15 bits of window; 16 more ask for the gzip frame.
    guard
      deflateInit2_(
        &stream, effort.rawValue, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
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

  /// The same content behind a file name of random length, which readers skip: what is added hides small differences
  /// of length.
  static func padded(_ gzip: [UInt8]) -> [UInt8] {
    let nameFlag: UInt8 = 0x08
    guard gzip.count > 10, gzip[3] == 0 else { return gzip }
    var out = Array(gzip[..<10])
    out[3] = nameFlag
    out += repeatElement(UInt8(ascii: "x"), count: Int.random(in: 1...128))
    out.append(0)
    return out + gzip[10...]
  }
}
