import CZlib

@testable import RPC

/// Compressed bytes for tests.
enum GzipBytes {
  /// `Node(text: "hello")`, by Python's gzip.
  static let hello: [UInt8] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 19, 98, 205, 72, 205, 201, 201, 7, 0, 177, 146, 210, 205, 7, 0,
    0, 0,
  ]

  static func frame(_ message: [UInt8], flag: UInt8 = 1) -> [UInt8] {
    let count = UInt32(message.count)
    return [flag] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) } + message
  }

  /// gzip that inflates to this many MiB of zeros, without a right sum: nobody should come that far.
  static func zeros(mebibytes: Int) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(
      &stream, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      CInt(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var zeros = [UInt8](repeating: 0, count: 1 << 20)
    let block = [UInt8](unsafeUninitializedCapacity: 65_536) { output, count in
      zeros.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = uInt(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = uInt(output.count)
        // Complete blocks that refer to nothing before them, so that they may be repeated.
        deflate(&stream, Z_FULL_FLUSH)
        count = output.count - Int(stream.avail_out)
      }
    }
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]
    let end: [UInt8] = [3, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    return header + (0..<mebibytes).flatMap { _ in block } + end
  }
}
