import RPC

/// A streaming call that outlives the function that began it: its first answer decides over the head of the HTTP answer
/// the rest is read while the body is written, in the task that writes it.
///
/// The call ends with `end`, with the cancellation of the task that works with it, and with this object.
final class OpenCall: Sendable {
  private typealias Ends = (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>)

  let requests: RequestWriter<[UInt8]>
  let responses: ResponseStream<[UInt8]>
  /// Stays inside of the caller's closure, with which the call would end.
  private let holder: Task<Void, Never>

  deinit { holder.cancel() }

  /// Begins a call; throws what the caller throws before there is one.
  init(_ method: Method, _ options: CallOptions, on caller: any Caller) async throws {
    let (begun, begin) = AsyncThrowingStream<Ends, any Error>.makeStream()
    let holder = Task {
      do {
        try await caller.stream(method, options) { requests, responses in
          begin.yield((requests, responses))
          begin.finish()
          // Ends with the cancellation of the task only.
          let (never, hold) = AsyncStream<Never>.makeStream()
          for await _ in never {}
          hold.finish()
        }
      } catch { begin.finish(throwing: error) }
    }
    do {
      var iterator = begun.makeAsyncIterator()
      guard let ends = try await iterator.next() else { throw CancellationError() }
      (requests, responses) = ends
    } catch {
      holder.cancel()
      throw error
    }
    self.holder = holder
  }

  /// Sends the one request of a call whose answers are a stream.
  func send(_ request: [UInt8]) async throws {
    try await working {
      do {
        try await requests.write(request)
        try await requests.finish()
      } catch is Status {
        // The call is over already; its answers say why.
      }
    }
  }

  /// Runs `body` so that the end of its task is the end of the call.
  func working<Result>(_ body: () async throws -> Result) async throws -> Result {
    try await withTaskCancellationHandler(operation: body) { holder.cancel() }
  }

  /// Nothing more is wanted of the call; one that has not ended by itself is cancelled.
  func end() { holder.cancel() }
}
