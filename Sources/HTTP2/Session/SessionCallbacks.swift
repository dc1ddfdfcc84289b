import CNghttp2

/// The one table of C callbacks that all sessions share. Each finds its session by the user data, which a
/// session sets to itself and outlives (see `Session`).
final class SessionCallbacks: @unchecked Sendable {
  static let shared = SessionCallbacks()

  /// Immutable after `init`; nil only if memory ran out, and then no session can be made.
  let pointer: OpaquePointer?

  private init() {
    var table: OpaquePointer?
    _ = nghttp2_session_callbacks_new(&table)
    pointer = table
    guard let table else { return }
    nghttp2_session_callbacks_set_on_begin_headers_callback(table, Self.beginHeaders)
    nghttp2_session_callbacks_set_on_header_callback(table, Self.header)
    nghttp2_session_callbacks_set_on_frame_recv_callback(table, Self.frameReceived)
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table, Self.dataReceived)
    nghttp2_session_callbacks_set_on_stream_close_callback(table, Self.streamClosed)
    nghttp2_session_callbacks_set_on_frame_send_callback(table, Self.frameSent)
    nghttp2_session_callbacks_set_unpack_extension_callback(table, Self.unknownFrame)
  }

  /// Runs `body` with the session of a callback. `Session` keeps itself alive around every call into nghttp2, so
  /// the reference needs no count of its own.
  private static func with<R>(
    _ userData: UnsafeMutableRawPointer?, _ body: (Session) -> R
  ) -> R? {
    userData.map { Unmanaged<Session>.fromOpaque($0)._withUnsafeGuaranteedRef(body) }
  }

  private static let failure = Int32(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)

  private static let beginHeaders: nghttp2_on_begin_headers_callback = { _, _, userData in
    with(userData) { session in
      // What is left of a block that was not finished.
      if !session.block.isEmpty { session.block = HeaderFields() }
      session.blockIsTooLarge = false
      return 0
    } ?? failure
  }

  private static let header: nghttp2_on_header_callback = {
    _, _, name, nameCount, value, valueCount, _, userData in
    with(userData) { session in
      session.addField(
        UnsafeBufferPointer(start: name, count: nameCount),
        UnsafeBufferPointer(start: value, count: valueCount))
      return session.isCondemned ? failure : 0
    } ?? failure
  }

  private static let frameReceived: nghttp2_on_frame_recv_callback = { _, frame, userData in
    guard let frame else { return failure }
    return with(userData) { session in
      session.frameReceived(frame)
      return session.isCondemned ? failure : 0
    } ?? failure
  }

  private static let dataReceived: nghttp2_on_data_chunk_recv_callback = {
    _, _, id, data, count, userData in
    with(userData) { session in
      session.tell { $0.received(UnsafeRawBufferPointer(start: data, count: count), on: id) }
      return session.isCondemned ? failure : 0
    } ?? failure
  }

  private static let streamClosed: nghttp2_on_stream_close_callback = { _, id, code, userData in
    with(userData) { session in
      session.tell { $0.closed(id, HTTP2ErrorCode(rawValue: code)) }
      return 0
    } ?? failure
  }

  private static let frameSent: nghttp2_on_frame_send_callback = { _, frame, userData in
    guard let frame else { return failure }
    return with(userData) { session in
      session.frameSent(frame)
      return 0
    } ?? failure
  }

  private static let unknownFrame: nghttp2_unpack_extension_callback = { _, _, _, userData in
    with(userData) { session in
      session.countControlFrame()
      return session.isCondemned ? failure : Int32(NGHTTP2_ERR_CANCEL.rawValue)
    } ?? failure
  }

  static let readBody: nghttp2_data_source_read_callback = {
    _, id, buffer, length, flags, _, userData in
    guard let flags else { return Int(failure) }
    return with(userData) { session in
      let room = UnsafeMutableRawBufferPointer(start: buffer, count: length)
      let chunk = session.tell { $0.body(of: id, into: room) }
      guard chunk.count >= 0 else { return Int(NGHTTP2_ERR_DEFERRED.rawValue) }
      switch chunk.end {
      case .no: break
      case .stream: flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
      case .trailers:
        flags.pointee |=
          NGHTTP2_DATA_FLAG_EOF.rawValue | NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
      }
      return chunk.count
    } ?? Int(failure)
  }
}
