import Glibc
import NIOCore
import Synchronization
import Values

/// One call as its handler sees it. A reference: interceptors and the handler share it.
public final class Call: Sendable {
  /// The call whose handler runs in this task, if any. Calls made inside a handler inherit its deadline,
  /// its cancellation and its request id through it.
  @TaskLocal public static var current: Call?

  let route: Route
  /// What the client sent.
  public let metadata: Metadata
  public let peer: Peer
  /// When the server ends this call with DEADLINE_EXCEEDED; nil if the client set none.
  public let deadline: Deadline?
  /// Where the service reads the time.
  public let clock: any WallClock
  /// Nanoseconds of the monotonic clock when the headers came.
  let startedAt: UInt64
  // Written by the stream on its event loop only.
  private let received = Atomic<Int>(0)
  private let sent = Atomic<Int>(0)
  private let state: Mutex<State>
  /// Whether anybody set something that the stream must look at when it answers: for most calls nobody does, and the
  /// stream takes no lock.
  private let isMarked = Atomic<Bool>(false)

  private struct State {
    var requestID: String?
    var trace: TraceContext?
    var values = CallValues()
    /// Nil until somebody sets it: most calls have none.
    var initialMetadata: Metadata?
    var trailingMetadata: Metadata?
    var cancellation: Status.Code?
    var compressesResponses = false
    var isRequestCompressed = false
    var cancelHandlers: [@Sendable () -> Void] = []
    /// Calls made inside the handler that have not ended.
    var children: [ObjectIdentifier: ClientCall] = [:]
  }

  /// A call made by hand, as a test does.
  public convenience init(
    method: Method, metadata: Metadata = Metadata(), peer: Peer = Peer(), deadline: Deadline? = nil,
    clock: any WallClock = SystemClock()
  ) {
    self.init(
      route: Route(method), metadata: metadata, peer: peer, deadline: deadline, clock: clock)
  }

  init(
    route: Route, metadata: Metadata, peer: Peer, deadline: Deadline?, clock: any WallClock,
    startedAt: UInt64 = NIODeadline.now().uptimeNanoseconds, compressesResponses: Bool = false
  ) {
    self.route = route
    self.metadata = metadata
    self.peer = peer
    self.deadline = deadline
    self.clock = clock
    self.startedAt = startedAt
    state = Mutex(State(compressesResponses: compressesResponses))
    if compressesResponses { isMarked.store(true, ordering: .relaxed) }
  }

  public var method: Method { route.method }
  public var now: Instant { clock.now }

  /// Follows a call through every process and log: the caller's `portico-request-id` if it is well formed, made
  /// here otherwise.
  public var requestID: String {
    state.withLock { state in
      if let known = state.requestID { return known }
      let id = RequestID.accepted(metadata[RequestID.key]) ?? RequestID.make()
      state.requestID = id
      return id
    }
  }

  /// The span of this call in the trace that its client began, or in one that begins here. A `traceparent` that is
  /// malformed is as good as none.
  public var trace: TraceContext {
    state.withLock { state in
      if let known = state.trace { return known }
      let trace = receivedTrace?.child() ?? TraceContext.root()
      state.trace = trace
      return trace
    }
  }

  private var receivedTrace: TraceContext? {
    let parents = metadata.values("traceparent")
    guard parents.count == 1, let parent = parents.first else { return nil }
    return TraceContext(traceparent: parent.utf8, states: metadata.values("tracestate"))
  }

  /// Time since the headers came.
  public var elapsed: Duration {
    let now = NIODeadline.now().uptimeNanoseconds
    return .nanoseconds(Int64(clamping: now - Swift.min(now, startedAt)))
  }

  /// Bytes of the messages taken so far, and of those answered with, not counting compression.
  public var requestBytes: Int { received.load(ordering: .relaxed) }
  public var responseBytes: Int { sent.load(ordering: .relaxed) }

  func took(_ bytes: Int) {
    received.store(received.load(ordering: .relaxed) &+ bytes, ordering: .relaxed)
  }

  func answered(_ bytes: Int) {
    sent.store(sent.load(ordering: .relaxed) &+ bytes, ordering: .relaxed)
  }

  /// A typed value that an interceptor left for the handler.
  public subscript<Key: CallKey>(key: Key.Type) -> Key.Value? {
    get { state.withLock { $0.values[key] } }
    set { state.withLock { $0.values[key] = newValue } }
  }

  /// Goes out with the headers of the answer; changes after that have no effect.
  public var initialMetadata: Metadata {
    get { state.withLock { $0.initialMetadata } ?? Metadata() }
    set { mark { $0.initialMetadata = newValue } }
  }

  /// Goes out with the status.
  public var trailingMetadata: Metadata {
    get { state.withLock { $0.trailingMetadata } ?? Metadata() }
    set { mark { $0.trailingMetadata = newValue } }
  }

  /// Whether the answer is compressed if the client accepts gzip; the server's configuration decides until somebody
  /// sets it. Changes after the headers have gone out have no effect.
  public var compressesResponses: Bool {
    get { state.withLock { $0.compressesResponses } }
    set { mark { $0.compressesResponses = newValue } }
  }

  /// Whether the request that was read last came compressed.
  public internal(set) var isRequestCompressed: Bool {
    get { state.withLock { $0.isRequestCompressed } }
    set { state.withLock { $0.isRequestCompressed = newValue } }
  }

  var clientAcceptsGzip: Bool {
    metadata.fields.bytes("grpc-accept-encoding").map(Compression.gzip.isAccepted) ?? false
  }

  /// What decides over the headers of the answer; the metadata is nil if none was set.
  var head: (metadata: Metadata?, compresses: Bool) {
    guard hasMarks else { return (nil, false) }
    return state.withLock { ($0.initialMetadata, $0.compressesResponses) }
  }

  /// What was set, if anything.
  var addedTrailingMetadata: Metadata? {
    hasMarks ? state.withLock { $0.trailingMetadata } : nil
  }

  private var hasMarks: Bool { isMarked.load(ordering: .acquiring) }

  private func mark<R>(_ body: (inout State) -> sending R) -> R {
    isMarked.store(true, ordering: .releasing)
    return state.withLock { body(&$0) }
  }

  /// True once the client cancelled, the connection was lost or the deadline passed.
  public var isCancelled: Bool { cancellation != nil }

  /// What ended the call before its handler did; nil while nothing has.
  var cancellation: Status.Code? { state.withLock { $0.cancellation } }

  /// Runs `body` when the call is cancelled, at once if it is already; on the thread that notices.
  public func onCancel(_ body: @escaping @Sendable () -> Void) {
    let now = mark { state in
      if state.cancellation == nil { state.cancelHandlers.append(body) }
      return state.cancellation != nil
    }
    if now { body() }
  }

  /// Marks the call as cancelled and runs what asked to know.
  func cancel(_ code: Status.Code = .cancelled) {
    let (handlers, children) = state.withLock { state in
      if state.cancellation == nil { state.cancellation = code }
      defer {
        state.cancelHandlers = []
        state.children = [:]
      }
      return (state.cancelHandlers, state.children.values)
    }
    for handler in handlers { handler() }
    for child in children { child.cancel() }
  }

  /// Makes a call one that is cancelled with this one; false when this one is cancelled already.
  func adopt(_ child: ClientCall) -> Bool {
    mark { state in
      guard state.cancellation == nil else { return false }
      state.children[ObjectIdentifier(child)] = child
      return true
    }
  }

  /// A call made inside this one has ended.
  func release(_ child: ClientCall) {
    state.withLock { state in
      if !state.children.isEmpty { state.children[ObjectIdentifier(child)] = nil }
    }
  }

  /// The call has ended: nothing will cancel it any more.
  func end() {
    guard hasMarks else { return }
    state.withLock { state in
      if !state.cancelHandlers.isEmpty { state.cancelHandlers = [] }
      if !state.children.isEmpty { state.children = [:] }
    }
  }
}

/// The id that ties the log lines of one request together across services.
public enum RequestID {
  /// The metadata key it travels in.
  public static let key = "portico-request-id"

  /// `text` if it is fit for a log line: 8 to 64 letters, digits, `-` or `_`.
  public static func accepted(_ text: String?) -> String? {
    guard let text, (8...64).contains(text.utf8.count) else { return nil }
    let isFit = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    return isFit ? text : nil
  }

  /// A new one: 16 hexadecimal digits. Random, so that nobody learns how many requests others make.
  public static func make() -> String { numbers.withLock { $0.next().hexadecimal } }

  /// Random numbers in store: asking the kernel for each would be a system call a request.
  private struct Numbers {
    var rest: [UInt64] = []

    mutating func next() -> UInt64 {
      if let number = rest.popLast() { return number }
      rest = [UInt64](unsafeUninitializedCapacity: 32) { numbers, count in
        let bytes = UnsafeMutableRawBufferPointer(numbers)
        // As much as the kernel gives at a time; it comes whole or not at all.
        let isFilled = bytes.baseAddress.map { getentropy($0, bytes.count) == 0 } ?? false
        count = isFilled ? numbers.count : 0
      }
      return rest.popLast() ?? .random(in: .min ... .max)
    }
  }

  private static let numbers = Mutex(Numbers())
}

extension UInt64 {
  /// Sixteen digits.
  fileprivate var hexadecimal: String {
    String(unsafeUninitializedCapacity: 16) { digits in
      for place in 0..<16 {
        let digit = UInt8(truncatingIfNeeded: self >> UInt64(60 - 4 * place)) & 15
        digits[place] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
      }
      return 16
    }
  }
}

extension Metadata {
  /// Puts the id of the request on a call that is made for it, in the place of any other. An id that is unfit for
  /// a log line is not sent on.
  public mutating func identify(_ requestID: String) {
    remove(RequestID.key)
    if let id = RequestID.accepted(requestID) { fields.append(RequestID.key, id, isVolatile: true) }
  }
}
