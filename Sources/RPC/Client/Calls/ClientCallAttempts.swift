import HTTP2
import NIOCore

/// How attempts begin, end and follow each other.
extension ClientCall: PendingAttempt {
  func open(on connection: HTTP2Connection, lease: CallLease) {
    guard result == nil else { return lease.end(nil) }
    if configuration == nil, let late = core.service.methodConfiguration(path), !followLate(late) {
      return lease.end(nil)
    }
    guard let headers = requestHeaders(previousAttempts: retry?.previousAttempts ?? 0) else {
      lease.end(nil)
      return fail(Self.expired)
    }
    do {
      let stream = try connection.open(headers, endStream: false, delegate: self)
      self.stream = stream
      self.connection = connection
      self.lease = lease
      sendKept(on: stream)
      // It was too large to be kept and waited only for this.
      if isCommitted { dropKept() }
      resumeOpenWaiters(stream)
    } catch {
      lease.end(nil)
      repeatUnsent(Status(.unavailable, "the connection takes no more calls", because: "\(error)"))
    }
  }

  func couldNotStart(_ status: Status) { attemptEnded(status, nil) }

  /// The headers of an attempt; nil when the deadline has passed.
  func requestHeaders(previousAttempts: Int) -> HeaderFields? {
    var fields = HeaderFields()
    let template = core.requestTemplate
    fields.reserve(
      fields: template.count + metadata.count + 4,
      bytes: template.listSize + metadata.listSize + path.utf8.count + 64)
    fields.append(":path", path)
    fields.append(contentsOf: template)
    if let deadline {
      let remaining = deadline.remaining
      guard remaining > .zero else { return nil }
      fields.append("grpc-timeout", Timeout.format(remaining), isVolatile: true)
    }
    if compressesRequests { fields.append("grpc-encoding", Compression.gzip.rawValue) }
    if previousAttempts > 0 {
      fields.append("grpc-previous-rpc-attempts", String(previousAttempts))
    }
    if !metadata.isEmpty { fields.append(contentsOf: metadata) }
    return fields
  }

  func resumeOpenWaiters(_ stream: HTTP2Stream) {
    guard !openWaiters.isEmpty else { return }
    let waiters = openWaiters
    openWaiters = []
    for waiter in waiters { waiter.resume(returning: stream) }
  }

  // MARK: endings

  /// The stream was closed before its answer was whole.
  func attemptClosed(_ stream: HTTP2Stream, _ closure: StreamClosure) {
    let isDraining = connection?.isGoingAway ?? false
    let status = Status(closure: closure, isDraining: isDraining, deadline: deadline)
    if !hasAnswer, let fields = responseHeaders, let said = Status(fields: fields), said.code != .ok
    {
      return attemptEnded(said, fields)
    }
    guard !isCommitted, responseHeaders == nil else { return attemptEnded(status, nil) }
    switch closure {
    case .connectionLost where !stream.wasSent, .reset(.refusedStream) where !stream.wasSent:
      releaseAttempt(nil)
      repeatUnsent(status)
    case .reset(.refusedStream) where !wasRefused:
      wasRefused = true
      releaseAttempt(nil)
      startAgain()
    default: attemptEnded(status, nil)
    }
  }

  /// What never left is repeated as often as it takes; a bound keeps a defect from spinning.
  private func repeatUnsent(_ status: Status) {
    unsentAttempts &+= 1
    guard unsentAttempts < 100 else { return attemptEnded(status, nil) }
    startAgain()
  }

  /// The connection tells its end to its owner after its streams: wait for that.
  private func startAgain() {
    eventLoop.execute { if self.result == nil { self.core.connections.start(self) } }
  }

  /// An attempt has a status. It is the call's unless the method's policy wants another attempt.
  ///
  /// - Parameter fields: the block that the status came in.
  func attemptEnded(_ status: Status, _ fields: HeaderFields?) {
    releaseAttempt(status.code)
    guard let policy = configuration?.retryPolicy, core.configuration.retries else {
      if status.code == .ok { core.service.throttle?.recordSuccess() }
      return end(status)
    }
    guard let delay = delay(before: policy, status, fields) else { return end(status) }
    responseHeaders = nil
    trailers = nil
    core.pauses(self)
    retry?.timer = eventLoop.scheduleTask(in: delay) {
      self.core.goesOn(self)
      if self.result == nil { self.core.connections.start(self) }
    }
  }

  /// Nil when there is no further attempt.
  private func delay(
    before policy: RetryPolicy, _ status: Status, _ fields: HeaderFields?
  ) -> TimeAmount? {
    if status.code == .ok {
      core.service.throttle?.recordSuccess()
      return nil
    }
    let pushback = fields.map(Pushback.init) ?? .none
    let isRetryable = policy.retryableCodes.contains(status.code)
    guard isRetryable || pushback == .stop else { return nil }
    let isAllowed = core.service.throttle?.recordFailure() ?? true
    guard isAllowed, isRetryable, pushback != .stop, !isCommitted, !core.isShutDown else {
      return nil
    }
    let retry = self.retry ?? RetryState(policy)
    self.retry = retry
    return retry.next(after: pushback)
  }

  // MARK: the kept request

  /// Nothing is sent again from now on.
  func commit() {
    guard !isCommitted else { return }
    isCommitted = true
    if stream != nil { dropKept() }
  }

  func dropKept() {
    if isUnary { request = [] } else { outbox = ByteBuffer() }
    core.keptBytes -= keptBytes
    keptBytes = 0
  }

  /// Takes `count` more bytes of request on the account of the kept ones; commits when that is too much.
  func keep(_ count: Int) {
    keptBytes += count
    core.keptBytes += count
    let limits = core.configuration
    if keptBytes > limits.retryBufferBytes || core.keptBytes > limits.retryBufferBytesInAll {
      if let hedging { hedging.commitToFirst() } else { commit() }
    }
  }

  /// Sends the request, as far as it is known, on a new stream.
  func sendKept(on stream: HTTP2Stream) {
    if isUnary {
      stream.send { Frame.write(request, compressed: compressesRequests, to: &$0) }
    } else if outbox.readableBytes > 0 {
      stream.send { $0.writeImmutableBuffer(outbox) }
    }
    if hasFinished { stream.finish() }
  }
}
