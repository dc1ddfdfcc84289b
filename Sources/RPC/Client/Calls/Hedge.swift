import HTTP2
import NIOCore

/// One attempt of a hedged call, until it fails or is answered.
final class Hedge: PendingAttempt, HTTP2StreamDelegate, @unchecked Sendable {
  /// Nil once this attempt is over.
  private var hedging: Hedging?
  private let previousAttempts: Int
  var place: AttemptQueue.Place?
  private var stream: HTTP2Stream?
  private var connection: HTTP2Connection?
  private var lease: CallLease?
  private var wasRefused = false
  private var unsentAttempts: UInt8 = 0
  /// A block with a status, of which it is not known yet whether anything follows.
  private var held: HeaderFields?

  init(_ hedging: Hedging, previousAttempts: Int) {
    self.hedging = hedging
    self.previousAttempts = previousAttempts
  }

  var waitsForReady: Bool { hedging?.call.waitsForReady ?? false }
  var hasEnded: Bool { hedging == nil }
  var isOpen: Bool { stream != nil }

  func open(on connection: HTTP2Connection, lease: CallLease) {
    guard let hedging else { return lease.end(nil) }
    let call = hedging.call
    guard let headers = call.requestHeaders(previousAttempts: previousAttempts) else {
      lease.end(nil)
      return call.fail(ClientCall.expired)
    }
    do {
      let stream = try connection.open(headers, endStream: false, delegate: self)
      self.stream = stream
      self.connection = connection
      self.lease = lease
      call.sendKept(on: stream)
      hedging.opened(self)
    } catch {
      lease.end(nil)
      repeatUnsent(Status(.unavailable, "the connection takes no more calls", because: "\(error)"))
    }
  }

  func couldNotStart(_ status: Status) { fail(status, nil) }

  func send(_ frame: ByteBuffer) { stream?.send { $0.writeImmutableBuffer(frame) } }
  func finishRequests() { stream?.finish() }

  // MARK: endings

  /// Another attempt was faster, or the call is over.
  func cancel() {
    guard hedging != nil else { return }
    hedging = nil
    place?.leave()
    let stream = self.stream
    release(nil)
    stream?.reset(.cancel)
  }

  /// The call goes on with this attempt's stream.
  func handOver(to call: ClientCall) {
    hedging = nil
    guard let stream, let lease else { return }
    stream.delegate = call
    call.stream = stream
    call.connection = connection
    call.lease = lease
    self.stream = nil
    self.lease = nil
    connection = nil
    call.commit()
    call.resumeOpenWaiters(stream)
  }

  private func release(_ code: Status.Code?) {
    stream = nil
    connection = nil
    if let lease {
      self.lease = nil
      lease.end(code)
    }
  }

  private func fail(_ status: Status, _ fields: HeaderFields?) {
    guard let hedging else { return }
    self.hedging = nil
    release(status.code)
    hedging.ended(self, status, fields)
  }

  private func repeatUnsent(_ status: Status) {
    unsentAttempts &+= 1
    guard unsentAttempts < 100 else { return fail(status, nil) }
    startAgain()
  }

  private func startAgain() {
    hedging?.call.eventLoop.execute {
      if let hedging = self.hedging { hedging.call.core.connections.start(self) }
    }
  }

  // MARK: the stream

  func stream(_ stream: HTTP2Stream, receivedHeaders headers: HeaderFields) {
    guard let hedging else { return }
    switch ResponseHead(headers) {
    case .failure(let status):
      fail(status, headers)
      stream.reset(.cancel)
    case .trailersOnly where !headers.first("grpc-status", is: "0"): held = headers
    case .trailersOnly, .response: answered(hedging, stream, headers)
    }
  }

  /// The call takes this attempt over, with what it has been told so far.
  private func answered(_ hedging: Hedging, _ stream: HTTP2Stream, _ headers: HeaderFields) {
    let call = hedging.call
    hedging.commit(to: self)
    call.stream(stream, receivedHeaders: headers)
  }

  func stream(_ stream: HTTP2Stream, received bytes: UnsafeRawBufferPointer) {
    guard let hedging else { return stream.consume(bytes.count) }
    let call = hedging.call
    answered(hedging, stream, held ?? HeaderFields())
    call.stream(stream, received: bytes)
  }

  func stream(_ stream: HTTP2Stream, receivedTrailers trailers: HeaderFields) {
    guard let hedging else { return }
    let call = hedging.call
    answered(hedging, stream, held ?? HeaderFields())
    call.stream(stream, receivedTrailers: trailers)
  }

  func streamReceivedEnd(_ stream: HTTP2Stream) {
    guard let held, let hedging else { return }
    let isThrough = hedging.call.hasFinished
    fail(Status(fields: held) ?? Status(.internal, "the answer has no grpc-status"), held)
    // What both sides have ended needs no reset; servers count them.
    if !isThrough { stream.reset(.cancel) }
  }

  func streamReceivedTooLargeHeaders(_ stream: HTTP2Stream) {
    fail(Status(.resourceExhausted, "the server's headers are over the limit"), nil)
  }

  func stream(_ stream: HTTP2Stream, closed closure: StreamClosure) {
    guard stream === self.stream, let hedging else { return }
    let status = Status(
      closure: closure, isDraining: connection?.isGoingAway ?? false,
      deadline: hedging.call.deadline)
    switch closure {
    case .connectionLost where !stream.wasSent, .reset(.refusedStream) where !stream.wasSent:
      release(nil)
      repeatUnsent(status)
    case .reset(.refusedStream) where !wasRefused:
      wasRefused = true
      release(nil)
      startAgain()
    default: fail(status, nil)
    }
  }
}
