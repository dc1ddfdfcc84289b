import CZlib
import Synchronization

/// Undoes gzip, one whole message at a time. Has zlib's state (about 40 KiB) and a piece of output, so it is
/// kept for the next message: see `Inflater.shared`.
final class Inflater: @unchecked Sendable {
  /// Where zlib keeps its pointer to us; it must not move.
  private let stream: UnsafeMutablePointer<z_stream>
  private let piece: UnsafeMutableBufferPointer<UInt8>
  private static let pieceSize = 64 * 1024

  static let shared = Spares<Inflater>(limit: 8) { Inflater() }

  /// Nil when there is no memory for it.
  private init?() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 15 bits of window; 16 more ask for gzip and nothing else.
    let code = inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size))
    piece = .allocate(capacity: code == Z_OK ? Self.pieceSize : 0)
    guard code == Z_OK else { return nil }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    piece.deallocate()
  }

  /// The message. `take` is told the size of every further piece before it is kept and may refuse it: that is how
  /// the limit is held while inflating and not afterwards.
  ///
  /// - Throws: INTERNAL for what is no whole gzip, and what `take` throws.
  func inflate(
    _ message: [UInt8], take: (_ size: Int) throws(Status) -> Void
  ) throws(Status) -> [UInt8] {
    guard inflateReset(stream) == Z_OK, let size = uInt(exactly: message.count), size > 0
    else { throw Self.corrupt }
    var output: [UInt8] = []
    let failure: Status? = message.withUnsafeBufferPointer { input in
      stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      stream.pointee.avail_in = size
      do throws(Status) {
        while try inflatePiece(into: &output, take: take) {}
        return nil
      } catch {
        return error
      }
    }
    stream.pointee.next_in = nil
    stream.pointee.avail_in = 0
    if let failure { throw failure }
    return output
  }

  /// Adds the next piece; false when the message is whole.
  private func inflatePiece(
    into output: inout [UInt8], take: (_ size: Int) throws(Status) -> Void
  ) throws(Status) -> Bool {
    stream.pointee.next_out = piece.baseAddress
    stream.pointee.avail_out = uInt(clamping: piece.count)
    let code = CZlib.inflate(stream, Z_NO_FLUSH)
    let count = piece.count - Int(stream.pointee.avail_out)
    if count > 0 {
      try take(count)
      output.append(contentsOf: piece[..<count])
    }
    switch code {
    case Z_OK: return true
    case Z_STREAM_END where stream.pointee.avail_in == 0: return false
    // RFC 1952 allows several members one after the other.
    case Z_STREAM_END where inflateReset(stream) == Z_OK: return true
    default: throw Self.corrupt
    }
  }

  private static let corrupt = Status(.internal, "a compressed message is not whole gzip")
}
