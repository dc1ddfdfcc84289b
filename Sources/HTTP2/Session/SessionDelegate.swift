/// What a session tells its owner, from inside `receive` and `send`. The owner may submit from here, but must not
/// call `receive` or `send`.
protocol SessionDelegate: AnyObject {
  /// A whole header block.
  ///
  /// - Parameter isLast: nothing follows it; `receivedEnd` is next.
  func received(_ headers: HeaderFields, on id: Int32, kind: HeaderKind, isLast: Bool)
  /// A header block over our limit; its fields are gone.
  func receivedTooLargeHeaders(on id: Int32, kind: HeaderKind)
  func received(_ bytes: UnsafeRawBufferPointer, on id: Int32)
  func receivedEnd(of id: Int32)
  func closed(_ id: Int32, _ code: HTTP2ErrorCode)
  /// The HEADERS that open stream `id` were handed to the socket.
  func sentHeaders(on id: Int32)
  /// END_STREAM of our side went out.
  func sentEnd(of id: Int32)
  func receivedSettings()
  func receivedGoAway(_ goAway: GoAway)
  func receivedPing()
  func receivedPingAck(_ payload: UInt64)
  /// Fills `buffer` with the next bytes of the body of stream `id`.
  func body(of id: Int32, into buffer: UnsafeMutableRawBufferPointer) -> BodyChunk
}

enum HeaderKind { case request, response, trailers }

/// What the body of a stream gave when it was asked.
struct BodyChunk {
  enum End {
    case no, stream
    /// The trailers that end the stream are submitted.
    case trailers
  }
  var count: Int
  var end: End
  /// Nothing now; `resume` will follow.
  static let later = BodyChunk(count: -1, end: .no)
}
