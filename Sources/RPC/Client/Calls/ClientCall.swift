import HTTP2
import NIOCore
import Synchronization

/// One RPC as its caller sees it: its deadline, its request for as long as it may have to be sent again, its policy,
/// its status. Each attempt is one HTTP/2 stream; they follow each other, so the call is itself the attempt that
/// runs now and a plain call is one object. Only a hedged call has several at once (`Hedging`).
///
/// State belongs to the channel's event loop; `unary`, `next`, `write`, `cancel` may be called from any task.
final class ClientCall: Expiring, StartedCall, @unchecked Sendable {
  let core: ClientCore
  let path: String
  let isIdempotent: Bool
  /// What the caller and the runtime add to the headers of every attempt.
  let metadata: HeaderFields
  let compressesRequests: Bool
  /// The call whose handler makes this one.
  let parent: Call?
  let observers: CallObservers?
  let waitsForReadyOption: Bool?
  /// Nil when nobody counts.
  private let label: MethodLabel?

  @exclusivity(unchecked) var deadline: Deadline?
  @exclusivity(unchecked) var requestLimit: Int
  @exclusivity(unchecked) var responseLimit: Int
  @exclusivity(unchecked) var placeInQueue: Int?
  /// What the service configuration says about the method; nil when it says nothing.
  @exclusivity(unchecked) var configuration: MethodConfiguration?
  @exclusivity(unchecked) var counters: MethodCounters?
  @exclusivity(unchecked) private var startedAt: UInt64 = 0
  /// How the call ended.
  @exclusivity(unchecked) var result: Status?

  // The attempt that runs now.
  @exclusivity(unchecked) var place: AttemptQueue.Place?
  @exclusivity(unchecked) var stream: HTTP2Stream?
  @exclusivity(unchecked) var connection: HTTP2Connection?
  @exclusivity(unchecked) var lease: CallLease?
  /// A server has refused an attempt: that is repeated once without being asked for.
  @exclusivity(unchecked) var wasRefused = false
  /// Attempts that never left this process.
  @exclusivity(unchecked) var unsentAttempts: UInt8 = 0
  /// Nil until an attempt has failed and its method has a policy.
  @exclusivity(unchecked) var retry: RetryState?
  @exclusivity(unchecked) var hedging: Hedging?
  /// There will be no further attempt: an answer has begun or the request is too large to be kept.
  @exclusivity(unchecked) var isCommitted = false

  // The request: kept until the call is committed.
  @exclusivity(unchecked) var isUnary = false
  @exclusivity(unchecked) var request: [UInt8] = []
  @exclusivity(unchecked) var outbox = ByteBuffer()
  @exclusivity(unchecked) var hasFinished = false
  /// What this call has of the channel's budget for kept requests.
  @exclusivity(unchecked) var keptBytes = 0
  @exclusivity(unchecked) var openWaiters: [UnsafeContinuation<HTTP2Stream, any Error>] = []

  // The answer.
  @exclusivity(unchecked) var inbox: Inbox
  @exclusivity(unchecked) var reader: LoopWait<[UInt8]?>?
  @exclusivity(unchecked) var unaryWaiter: UnaryWaiter?
  @exclusivity(unchecked) var headerWaiters: [UnsafeContinuation<Metadata, any Error>] = []
  @exclusivity(unchecked) var responseHeaders: HeaderFields?
  /// The headers are those of an answer and not a status alone.
  @exclusivity(unchecked) var hasAnswer = false
  @exclusivity(unchecked) var trailers: HeaderFields?
  /// For readers on other threads; written once, at the end of a streaming call.
  let publishedTrailers = Mutex<HeaderFields?>(nil)
  /// Likewise; written where an answer may come compressed.
  let publishedCompression = Atomic(false)

  init(
    core: ClientCore, method: Method, options: CallOptions, metadata: HeaderFields,
    deadline: Deadline?, parent: Call?
  ) {
    self.core = core
    path = method.path
    isIdempotent = method.idempotency != .unknown
    self.metadata = metadata
    self.deadline = deadline
    self.parent = parent
    observers = options.observers
    waitsForReadyOption = options.waitsForReady
    label = core.recorder == nil ? nil : MethodLabel(method)
    compressesRequests = (options.compression ?? core.configuration.compression) == .gzip
    requestLimit = core.configuration.maximumRequestBytes
    responseLimit = options.maximumResponseBytes ?? core.configuration.maximumResponseBytes
    inbox = Inbox(limit: responseLimit)
  }

  var eventLoop: any EventLoop { core.eventLoop }
  var hasEnded: Bool { result != nil }
  var waitsForReady: Bool { waitsForReadyOption ?? configuration?.waitsForReady ?? false }

  func onLoop(_ body: @escaping @Sendable () -> Void) {
    eventLoop.perform(body)
  }

  // MARK: life

  func start() { onLoop { self.begin() } }

  func unary(_ request: [UInt8]) async throws -> UnaryResponse<[UInt8]> {
    try await withUnsafeThrowingContinuation { continuation in
      onLoop { self.begin(request, .task(continuation)) }
    }
  }

  /// The same for who waits in no task.
  func unary(_ request: [UInt8], _ completion: @escaping UnaryCompletion) {
    onLoop { self.begin(request, .closure(completion)) }
  }

  private func begin(_ request: [UInt8], _ waiter: UnaryWaiter) {
    if let result { return waiter.resume(with: .failure(result)) }
    unaryWaiter = waiter
    isUnary = true
    self.request = request
    hasFinished = true
    begin()
  }

  /// Ends a call that is not to begin; whoever watches calls hears of it like of any other.
  func refuse(_ status: Status) async {
    await withUnsafeContinuation { continuation in
      onLoop {
        self.end(status)
        continuation.resume()
      }
    }
  }

  private func begin() {
    guard result == nil else { return }
    if let label { count(label) }
    if let parent, !parent.adopt(self) { return fail(Self.cancelled) }
    if let configuration = core.service.methodConfiguration(path) { apply(configuration) }
    do throws(Status) {
      if isUnary { try Frame.check(request, limit: requestLimit) }
    } catch {
      return fail(error)
    }
    if let deadline { core.deadlines.insert(self, deadline) }
    if !startHedging() { core.connections.start(self) }
  }

  private func count(_ label: MethodLabel) {
    counters = core.recorder?.counters(of: path, label)
    counters?.began()
    if isUnary { counters?.request(request.count) }
    startedAt = NIODeadline.now().uptimeNanoseconds
  }

  /// Makes a call of an idempotent method a hedged one, if its configuration wants it.
  private func startHedging() -> Bool {
    guard let policy = configuration?.hedgingPolicy, isIdempotent, !isCommitted,
      core.configuration.retries
    else { return false }
    let hedging = Hedging(self, policy)
    self.hedging = hedging
    hedging.start()
    return true
  }

  /// The target's first service configuration came while the call waited for an address: it counts for the call too.
  /// False when the attempt that was about to begin does not.
  func followLate(_ configuration: MethodConfiguration) -> Bool {
    apply(configuration)
    if let deadline {
      core.deadlines.remove(self)
      core.deadlines.insert(self, deadline)
    }
    do throws(Status) {
      if isUnary { try Frame.check(request, limit: requestLimit) }
    } catch {
      fail(error)
      return false
    }
    return !startHedging()
  }

  /// What the service configuration narrows.
  private func apply(_ configuration: MethodConfiguration) {
    self.configuration = configuration
    if let timeout = configuration.timeout {
      let own = Deadline.after(timeout)
      deadline = deadline.map { min($0, own) } ?? own
    }
    if let limit = configuration.maximumRequestBytes { requestLimit = min(requestLimit, limit) }
    if let limit = configuration.maximumResponseBytes, limit < responseLimit {
      responseLimit = limit
      inbox = Inbox(limit: limit)
    }
    if isUnary, configuration.repeats { keep(request.count) }
  }

  static let cancelled = Status(.cancelled, "the call was cancelled")
  static let expired = Status(.deadlineExceeded, "the deadline has passed")

  /// Ends the call from this side; harmless when it has ended.
  func cancel() { onLoop { self.fail(Self.cancelled) } }

  func expire() { fail(Self.expired) }

  /// The same, and whoever waits for the call is told why.
  func cancel(with status: Status) { onLoop { self.fail(status, isOurs: true) } }

  /// - Parameter isOurs: somebody here gave up, which says nothing about the backend.
  func fail(_ status: Status, isOurs: Bool = false) {
    guard result == nil else { return }
    let stream = self.stream
    inbox.clear()
    releaseAttempt(isOurs || status.code == .cancelled ? nil : status.code)
    end(status)
    stream?.reset(.cancel)
  }

  /// The attempt no longer concerns the call.
  func releaseAttempt(_ code: Status.Code?) {
    stream = nil
    connection = nil
    if let lease {
      self.lease = nil
      lease.end(code)
    }
  }

  func end(_ status: Status) {
    guard result == nil else { return }
    result = status
    if placeInQueue != nil { core.deadlines.remove(self) }
    if let place { place.leave() }
    if let retry {
      retry.timer?.cancel()
      core.goesOn(self)
    }
    if let hedging {
      self.hedging = nil
      core.goesOn(self)
      hedging.cancel()
    }
    dropKept()
    parent?.release(self)
    if counters == nil, let label { count(label) }
    if let counters {
      let now = NIODeadline.now().uptimeNanoseconds
      counters.ended(status.code, nanoseconds: now - min(now, startedAt))
    }
    if let observers { observers.ended(outcome(status)) }
    resumeWaiters(status)
  }

  private func resumeWaiters(_ status: Status) {
    if isUnary { return resumeUnary(status) }
    let trailers = endingFields
    publishedTrailers.withLock { $0 = trailers }
    if inbox.count == 0 || status.code != .ok { resumeReader() }
    let waiters = headerWaiters
    headerWaiters = []
    for waiter in waiters { answerHeaders(waiter) }
    let opening = openWaiters
    openWaiters = []
    for waiter in opening { waiter.resume(throwing: afterEnd(status)) }
  }

  private func outcome(_ status: Status) -> CallOutcome {
    CallOutcome(
      status: status, initialMetadata: initialMetadata,
      trailingMetadata: Metadata(received: endingFields ?? HeaderFields()),
      previousAttempts: retry?.previousAttempts ?? 0)
  }
}
