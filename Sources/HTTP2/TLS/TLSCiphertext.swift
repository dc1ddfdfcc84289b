import COpenSSL
import NIOCore

/// The ciphertext of one connection, as OpenSSL's BIO: it reads straight from what the socket gave and writes straight
/// into what the socket gets. Not thread-safe; lives at least as long as the BIO it made.
final class TLSCiphertext {
  @exclusivity(unchecked) private var incoming = ByteBuffer()
  @exclusivity(unchecked) private var outgoing = ByteBuffer()

  /// Bytes from the socket that OpenSSL has not read.
  var waiting: Int { incoming.readableBytes }

  func makeBIO() -> OpaquePointer? {
    guard let bio = BIO_new(Self.method) else { return nil }
    BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
    BIO_set_init(bio, 1)
    return bio
  }

  /// Bytes from the socket.
  func add(_ bytes: ByteBuffer) {
    if incoming.readableBytes == 0 {
      incoming = bytes
    } else {
      incoming.writeImmutableBuffer(bytes)
    }
  }

  /// Makes room for the records of so much plaintext at once.
  func reserve(_ count: Int) {
    guard count > 0 else { return }
    let records = (count - 1) / Self.largestRecord + 1
    outgoing.reserveCapacity(minimumWritableBytes: count + records * Self.recordOverhead)
  }

  private static let largestRecord = 16 * 1024
  /// Header, nonce of TLS 1.2 or type of 1.3, and tag.
  private static let recordOverhead = 32

  /// Bytes for the socket.
  func take() -> ByteBuffer? {
    guard outgoing.readableBytes > 0 else { return nil }
    defer { outgoing = ByteBuffer() }
    return outgoing
  }

  private func read(_ room: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(room.count, incoming.readableBytes)
    incoming.readWithUnsafeReadableBytes { bytes in
      room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
      return count
    }
    // The socket's buffer is its own again.
    if incoming.readableBytes == 0 { incoming = ByteBuffer() }
    return count
  }

  // MARK: the C side

  /// Immutable once it was made.
  private nonisolated(unsafe) static let method: OpaquePointer? = {
    let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "portico")
    BIO_meth_set_read(method) { bio, room, count in
      BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      guard let data = BIO_get_data(bio), count > 0 else { return 0 }
      let room = UnsafeMutableRawBufferPointer(start: room, count: Int(count))
      let read = TLSCiphertext.of(data) { $0.read(room) }
      if read == 0 { BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY) }
      return read == 0 ? -1 : Int32(clamping: read)
    }
    BIO_meth_set_write(method) { bio, bytes, count in
      BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
      guard let data = BIO_get_data(bio), count > 0 else { return 0 }
      let bytes = UnsafeRawBufferPointer(start: bytes, count: Int(count))
      return Int32(clamping: TLSCiphertext.of(data) { $0.outgoing.writeBytes(bytes) })
    }
    // A flush has nothing to do, and there is nothing else to ask.
    BIO_meth_set_ctrl(method) { _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0 }
    return method
  }()

  /// The connection holds both this object and the SSL, so no reference has to be counted.
  private static func of<R>(
    _ data: UnsafeMutableRawPointer, _ body: (TLSCiphertext) -> R
  ) -> R {
    Unmanaged<TLSCiphertext>.fromOpaque(data)._withUnsafeGuaranteedRef(body)
  }
}
