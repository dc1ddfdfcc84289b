import NIOCore

/// What happens on one stream. All calls come on the connection's event loop; none may block.
public protocol HTTP2StreamDelegate: AnyObject {
  /// The headers of the answer (client side; 1xx are skipped).
  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields)
  /// Body bytes, valid during the call only. They count against the window until `stream.consume`.
  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer)
  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields)
  /// The peer sends nothing more.
  func streamReceivedEnd(_ stream: HTTP2Stream)
  /// The peer's headers were over our limit; the stream is being reset.
  func streamReceivedTooLargeHeaders(_ stream: HTTP2Stream)
  /// The last call, exactly once for each stream.
  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure)
}

extension HTTP2StreamDelegate {
  public func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {}
  public func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {}
  public func streamReceivedTooLargeHeaders(_ stream: HTTP2Stream) {}
}

/// What happens on one connection, on its event loop.
public protocol HTTP2ConnectionDelegate: AnyObject {
  /// A request has arrived (server side). Must set `stream.delegate` or answer at once.
  func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields)
  /// The peer's first SETTINGS are here: the connection is usable.
  func connectionIsReady(_ connection: HTTP2Connection)
  /// The peer takes no streams above `lastStream` any more.
  func connection(
    _ connection: HTTP2Connection, isGoingAway code: HTTP2ErrorCode, lastStream: Int32)
  /// A stream ended, or the peer's limit changed: `availableStreams` may be higher.
  func connectionMayOpenStreams(_ connection: HTTP2Connection)
  /// How long to wait before more is read (server side); nil to read at once. What comes meanwhile is read together, which
  /// spares most of a reading and of an answer where requests are only turned away.
  func pauseBeforeReading(_ connection: HTTP2Connection) -> TimeAmount?
  /// The last call, exactly once, after every stream was closed. `error` is what went wrong on the socket, if known.
  func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?)
}

extension HTTP2ConnectionDelegate {
  public func connection(
    _ connection: HTTP2Connection, accepted stream: HTTP2Stream, headers: HeaderFields
  ) { stream.reset(.refusedStream) }
  public func connectionIsReady(_ connection: HTTP2Connection) {}
  public func connection(
    _ connection: HTTP2Connection, isGoingAway code: HTTP2ErrorCode, lastStream: Int32
  ) {}
  public func connectionMayOpenStreams(_ connection: HTTP2Connection) {}
  public func pauseBeforeReading(_ connection: HTTP2Connection) -> TimeAmount? { nil }
  public func connectionClosed(_ connection: HTTP2Connection, error: (any Error)?) {}
}
