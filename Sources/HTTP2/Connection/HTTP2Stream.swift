import NIOCore

/// One request and its answer. Everything here belongs to the connection's event loop, except `eventLoop`,
/// `write`, `waitUntilWritable` and `perform`, which any task may call.
public final class HTTP2Stream: @unchecked Sendable {
  public let eventLoop: any EventLoop
  @exclusivity(unchecked) public internal(set) var id: Int32
  /// Kept until the stream is closed.
  public var delegate: (any HTTP2StreamDelegate)? {
    get { receiver }
    set { receiver = newValue }
  }
  // Behind a computed property: other modules check each access to a stored one, whatever its attribute says.
  @exclusivity(unchecked) private var receiver: (any HTTP2StreamDelegate)?
  /// Nil once the stream is closed.
  @exclusivity(unchecked) public private(set) var connection: HTTP2Connection?
  /// How the stream ended; nil while it lives.
  @exclusivity(unchecked) public private(set) var closure: StreamClosure?
  /// The peer has sent END_STREAM.
  @exclusivity(unchecked) public internal(set) var hasReceivedEnd = false
  /// Whether our first HEADERS reached the socket: a request that was not sent may be retried freely.
  @exclusivity(unchecked) public internal(set) var wasSent = false
  @exclusivity(unchecked) var hasReceivedHeaders = false

  // Confined to the event loop: nothing here can overlap, and the run-time checks of it cost more than
  // nghttp2's part in a small call.
  @exclusivity(unchecked) private var outbound = ByteBuffer()
  @exclusivity(unchecked) private var hasSentHeaders = false
  @exclusivity(unchecked) private var isFinishing = false
  @exclusivity(unchecked) private var trailers: HeaderFields?
  /// What the stream is reset with once its bytes have left.
  @exclusivity(unchecked) private var brokenOff: HTTP2ErrorCode?
  @exclusivity(unchecked) private var isWaitingForBody = false
  @exclusivity(unchecked) private var unconsumed = 0
  @exclusivity(unchecked) private var kept = 0
  @exclusivity(unchecked) private var writers: [LoopWait<Void>] = []
  private let writeLimit: Int

  init(id: Int32, connection: HTTP2Connection) {
    self.id = id
    self.connection = connection
    eventLoop = connection.eventLoop
    writeLimit = connection.configuration.streamWriteBuffer
  }

  // MARK: sending, on the event loop

  /// Sends the headers of a response, once. With `endStream` there is no body and no trailers.
  public func respond(_ headers: HeaderFields, endStream: Bool = false) {
    guard let connection, !hasSentHeaders, !isFinishing else { return }
    hasSentHeaders = true
    isFinishing = endStream
    connection.session?.submitResponse(id, headers, hasBody: !endStream)
    connection.setNeedsPump()
  }

  /// Marks a request as sent by the connection.
  func didSubmitRequest(endStream: Bool) {
    hasSentHeaders = true
    isFinishing = endStream
  }

  /// Adds body bytes: `fill` writes them into the stream's buffer. Never suspends; whoever sends much looks at
  /// `isWritable` or uses `write`.
  public func send(_ fill: (inout ByteBuffer) -> Void) {
    guard connection != nil, hasSentHeaders, !isFinishing else { return }
    if outbound.capacity == 0, let connection { outbound = connection.takeBuffer() }
    let before = outbound.readableBytes
    fill(&outbound)
    connection?.holds(unsent: outbound.readableBytes - before)
    bodyChanged()
  }

  /// Ends our side after what was sent, with or without trailers.
  public func finish(trailers: HeaderFields? = nil) {
    guard connection != nil, hasSentHeaders, !isFinishing else { return }
    isFinishing = true
    self.trailers = trailers
    bodyChanged()
  }

  /// Drops body bytes that have not left yet, so that the end can overtake them.
  public func discardUnsent() {
    dropOutbound()
    failWriters(.reset(.cancel))
  }

  /// Ends both sides at once.
  public func reset(_ code: HTTP2ErrorCode) {
    guard let connection else { return }
    dropOutbound()
    connection.session?.reset(id, code)
    connection.setNeedsPump()
  }

  /// Ends both sides once what was sent has left: the peer gets all of it, and is told that it is not the whole.
  public func breakOff(_ code: HTTP2ErrorCode) {
    guard connection != nil, !isFinishing else { return }
    guard hasSentHeaders else { return reset(code) }
    isFinishing = true
    brokenOff = code
    bodyChanged()
  }

  /// Whether the peer's windows let body bytes leave now.
  public var hasWindow: Bool { connection?.session?.hasWindow(id) ?? false }

  private func dropOutbound() {
    connection?.holds(unsent: -outbound.readableBytes)
    outbound.clear()
  }

  public var isWritable: Bool { outbound.readableBytes < writeLimit }

  private func bodyChanged() {
    if isWaitingForBody {
      isWaitingForBody = false
      connection?.session?.resume(id)
    }
    connection?.setNeedsPump()
  }

  // MARK: sending, from any task

  /// Sends body bytes and suspends while the peer's window or the socket is full.
  public func write(_ bytes: ByteBuffer) async throws {
    try await run { $0.send { $0.writeImmutableBuffer(bytes) } }
    try await waitUntilWritable()
  }

  /// Suspends while more than the write limit waits in this stream. Throws once the stream is over, and
  /// `CancellationError` when the task is cancelled meanwhile.
  public func waitUntilWritable() async throws {
    if eventLoop.inEventLoop, closure == nil, isWritable { return }
    try await LoopWait<Void>.run(on: eventLoop, cancellation: CancellationError()) { wait in
      if let closure = self.closure {
        wait.resume(with: .failure(HTTP2Error.streamClosed(closure)))
      } else if self.isWritable {
        wait.resume(with: .success(()))
      } else {
        self.writers.append(wait)
      }
    }
  }

  /// Runs `body` on the event loop: at once when there already, soon otherwise.
  public func perform(_ body: @escaping @Sendable (HTTP2Stream) -> Void) {
    eventLoop.perform { body(self) }
  }

  /// Runs `body` on the event loop and waits until it has run.
  public func run(_ body: @escaping @Sendable (HTTP2Stream) -> Void) async throws {
    if eventLoop.inEventLoop { return body(self) }
    try await eventLoop.submit { body(self) }.get()
  }

  // MARK: receiving

  /// The application took `count` received bytes: the peer may send as many more.
  public func consume(_ count: Int) {
    guard count > 0, let connection, let session = connection.session else { return }
    unconsumed -= count
    connection.holds(unread: -count)
    session.consume(id, count)
    connection.took(count)
    connection.setNeedsPump()
  }

  /// Says how many bytes the application keeps of what it consumed, such as a message that is still incomplete, so
  /// that they count against the budget. The last word counts; the end of the stream takes it back.
  public func keep(_ count: Int) {
    guard count != kept, let connection else { return }
    connection.holds(unread: count - kept)
    kept = count
  }

  func received(_ bytes: UnsafeRawBufferPointer) {
    unconsumed += bytes.count
    connection?.holds(unread: bytes.count)
    if let delegate {
      delegate.stream(self, received: bytes)
    } else {
      consume(bytes.count)
    }
  }

  // MARK: called by the connection

  func body(into buffer: UnsafeMutableRawBufferPointer) -> BodyChunk {
    let count = min(buffer.count, outbound.readableBytes)
    if count > 0 {
      outbound.readWithUnsafeReadableBytes { bytes in
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
        return count
      }
      connection?.load.sentBodies += count
      connection?.holds(unsent: -count)
    }
    if outbound.readableBytes == 0 {
      // What `clear` does to memory that nobody shares, but without asking the memory how large it is.
      outbound.moveReaderIndex(to: 0)
      outbound.moveWriterIndex(to: 0)
      if let brokenOff {
        guard count == 0 else { return BodyChunk(count: count, end: .no) }
        // The bytes before are in frames already: this one cannot overtake them.
        connection?.session?.reset(id, brokenOff)
        return .later
      }
      if isFinishing {
        guard let trailers else { return BodyChunk(count: count, end: .stream) }
        connection?.session?.submitTrailers(id, trailers)
        return BodyChunk(count: count, end: .trailers)
      }
    }
    if outbound.readableBytes < writeLimit / 2 { resumeWriters() }
    if count == 0 {
      isWaitingForBody = true
      return .later
    }
    return BodyChunk(count: count, end: .no)
  }

  private func resumeWriters() {
    guard !writers.isEmpty else { return }
    let resumed = writers
    writers = []
    for writer in resumed { writer.resume(with: .success(())) }
  }

  private func failWriters(_ closure: StreamClosure) {
    guard !writers.isEmpty else { return }
    let failed = writers
    writers = []
    for writer in failed { writer.resume(with: .failure(HTTP2Error.streamClosed(closure))) }
  }

  func close(_ closure: StreamClosure) {
    guard self.closure == nil else { return }
    self.closure = closure
    if unconsumed > 0 {
      // What nobody read must not stay on the account of the connection's window.
      connection?.session?.consume(id, unconsumed)
    }
    if unconsumed + kept > 0 {
      connection?.holds(unread: -(unconsumed + kept))
      unconsumed = 0
      kept = 0
    }
    if outbound.capacity > 0 {
      if outbound.readableBytes > 0 { dropOutbound() }
      var buffer = ByteBuffer()
      swap(&buffer, &outbound)
      connection?.giveBack(buffer)
    }
    connection = nil
    failWriters(closure)
    let delegate = self.delegate
    self.delegate = nil
    delegate?.stream(self, closed: closure)
  }
}
