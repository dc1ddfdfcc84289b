import NIOCore
import Synchronization

/// The body of a request, pulled piece by piece: the transport reads from the socket only when somebody asks.
final class RequestBody: Sendable {
  /// Why a body could not be read to its end.
  enum Failure: Error, Hashable {
    /// More bytes than the limit, declared or counted.
    case tooLarge(limit: Int)
    /// The peer closed, or sent something that is not HTTP.
    case aborted
    /// No bytes for longer than the configured time.
    case timedOut
  }

  private struct State {
    /// A slice: taking the first is cheap however many there are.
    var chunks: ArraySlice<ByteBuffer> = []
    var isFinished = false
    /// A byte has come.
    var hasBegun = false
    var failure: Failure?
    var waiter: CheckedContinuation<ByteBuffer?, any Error>?
    /// Given up while the peer is waited for.
    var permit: Permit?
    var pace: Pace?
  }

  /// A body has to come at this pace, or somebody sends it byte by byte to hold a connection.
  struct Pace {
    /// Bytes a second, of the time in which somebody waited for them.
    let rate: Int
    /// Waiting that is nobody's fault.
    let grace: Duration
    fileprivate var waited = Duration.zero
    fileprivate var waitsSince: ContinuousClock.Instant?
    fileprivate var bytes = 0

    init(_ limits: EdgeLimits) {
      rate = limits.bodyRate
      grace = .nanoseconds(limits.bodyTime.nanoseconds)
    }

    /// Whether what has come by now is too little.
    fileprivate mutating func isTooSlow(after count: Int) -> Bool {
      bytes += count
      if let waitsSince { waited += ContinuousClock.now - waitsSince }
      waitsSince = nil
      return waited > grace && Double(bytes) < Double(rate) * (waited / .seconds(1))
    }
  }

  /// `Content-Length` as sent; nil when chunked. 0 means that there is no body.
  let declaredLength: Int?
  private let state = Mutex(State())
  /// Asks the transport for more; called at most once for each piece that is missing.
  private let demand: @Sendable () -> Void

  /// - Parameter pace: nil for a body that no peer sends.
  init(declaredLength: Int?, pace: Pace? = nil, demand: @escaping @Sendable () -> Void) {
    self.declaredLength = declaredLength
    self.demand = demand
    state.withLock { state in
      state.isFinished = declaredLength == 0
      state.pace = pace
    }
  }

  /// A body that is already here.
  convenience init(_ bytes: [UInt8] = []) {
    self.init(declaredLength: bytes.count, demand: {})
    if !bytes.isEmpty { receive(ByteBuffer(bytes: bytes)) }
    finish()
  }

  /// That of all requests which have none.
  static let none = RequestBody()

  /// There is no body, or it has ended without a byte, as that of a GET over HTTP/2 has when somebody looks.
  var isEmpty: Bool {
    declaredLength == 0
      || state.withLock { $0.isFinished && !$0.hasBegun && $0.failure == nil }
  }
  /// Somebody waits for bytes.
  var isAwaited: Bool { state.withLock { $0.waiter != nil } }

  /// While a reader waits for the peer, others may run in its place: a slow sender costs a connection and no more.
  func yields(_ permit: Permit) {
    guard declaredLength != 0 else { return }
    state.withLock { $0.permit = permit }
  }

  // MARK: The reader's side

  /// The next piece, or nil at the end.
  func next() async throws -> ByteBuffer? {
    defer { state.withLock { $0.permit }?.resume() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        enum Step {
          case give(ByteBuffer?)
          case fail(Failure)
          case wait
        }
        let step: Step = state.withLock { state in
          if let failure = state.failure { return .fail(failure) }
          if let chunk = state.chunks.popFirst() { return .give(chunk) }
          if state.isFinished { return .give(nil) }
          state.waiter = continuation
          state.pace?.waitsSince = .now
          return .wait
        }
        switch step {
        case .give(let chunk): continuation.resume(returning: chunk)
        case .fail(let failure): continuation.resume(throwing: failure)
        case .wait:
          state.withLock { $0.permit }?.pause()
          demand()
        }
      }
    } onCancel: {
      fail(.aborted)
    }
  }

  /// The whole body; refused before the first byte is read when the declared length is above the limit.
  func collect(upTo limit: Int) async throws -> [UInt8] {
    if let declaredLength, declaredLength > limit { throw Failure.tooLarge(limit: limit) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(min(declaredLength ?? 0, limit))
    while let chunk = try await next() {
      guard bytes.count + chunk.readableBytes <= limit else { throw Failure.tooLarge(limit: limit) }
      bytes.append(contentsOf: chunk.readableBytesView)
    }
    return bytes
  }

  // MARK: The transport's side

  func receive(_ chunk: ByteBuffer) {
    if state.withLock({ $0.pace?.isTooSlow(after: chunk.readableBytes) ?? false }) {
      return fail(.timedOut)
    }
    let waiter = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      state.hasBegun = true
      if let waiter = state.waiter {
        state.waiter = nil
        return waiter
      }
      if state.failure == nil { state.chunks.append(chunk) }
      return nil
    }
    waiter?.resume(returning: chunk)
  }

  func finish() {
    let waiter = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      state.isFinished = true
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(returning: nil)
  }

  func fail(_ failure: Failure) {
    let waiter = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
      guard !state.isFinished, state.failure == nil else { return nil }
      state.failure = failure
      state.chunks = []
      defer { state.waiter = nil }
      return state.waiter
    }
    waiter?.resume(throwing: failure)
  }
}
