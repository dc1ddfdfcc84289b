import PorticoAPI
import RPC
import WellKnown

/// One case of gRPC's interoperability tests.
struct InteropCase: Sendable {
  let name: String
  /// What it shows, for `--case list`.
  let summary: String
  /// The status of the last call, where everything was as the case wants it. Throws `NotHeld`, or the `Status` of a
  /// call that failed unexpectedly.
  let run: @Sendable (CaseStage) async throws -> Status

  init(
    _ name: String, _ summary: String, _ run: @escaping @Sendable (CaseStage) async throws -> Status
  ) {
    self.name = name
    self.summary = summary
    self.run = run
  }

  /// In the order of gRPC's descriptions.
  static let all: [InteropCase] =
    unary + unaryCompression + streams + streamCompression + metadata + statuses + endings + soak
}

/// What a case works with.
struct CaseStage: Sendable {
  let channel: Channel
  /// For each call.
  let deadline: Duration
  /// Calls of the soak cases.
  let iterations: Int
  /// Another channel to the same server.
  let open: @Sendable () throws -> Channel

  var client: TestClient { TestClient(channel) }
  var options: CallOptions { CallOptions().timeout(deadline) }
}

/// A case did not hold: the status of the call that showed it, and what was not as it must be.
struct NotHeld: Error {
  let status: Status
  let reason: String
}

/// Throws `NotHeld` unless `condition`.
func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
  guard condition else { throw NotHeld(status: .success, reason: reason()) }
}

/// The status that `body` ends with; `NotHeld` unless it has this code.
func expect(
  _ code: Status.Code, of name: String, _ body: () async throws -> Void
) async throws -> Status {
  let status: Status
  do {
    try await body()
    status = .success
  } catch let error as Status {
    status = error
  }
  guard status.code == code else {
    throw NotHeld(
      status: status, reason: "\(name) ended with \(status.code.name) instead of \(code.name)")
  }
  return status
}

extension Status {
  /// A call that succeeded.
  static let success = Status(.ok, "")
}

/// The messages that the cases send.
enum Wanted {
  /// 271828 bytes out, 314159 back.
  static var large: GrpcTesting.SimpleRequest {
    .init(responseSize: 314_159, payload: .init(body: Payloads.zeros(271_828)))
  }

  static func streamed(size: Int32, payload: Int) -> GrpcTesting.StreamingOutputCallRequest {
    .init(
      responseParameters: [.init(size: size)], payload: .init(body: Payloads.zeros(payload)))
  }

  /// 314159 zeros came back.
  static func check(_ response: GrpcTesting.SimpleResponse) throws {
    try check(response.payload, size: 314_159)
  }

  static func check(_ payload: GrpcTesting.Payload?, size: Int) throws {
    let body = payload?.body ?? []
    try require(body.count == size, "a payload has \(body.count) bytes instead of \(size)")
    try require(Payloads.areZeros(body), "a payload is not all zeros")
  }

  /// Reads to the end; payloads must have these sizes, in order.
  static func check(
    _ responses: ResponseStream<GrpcTesting.StreamingOutputCallResponse>, sizes: [Int]
  ) async throws {
    var count = 0
    for try await response in responses {
      try require(count < sizes.count, "more than \(sizes.count) responses")
      try check(response.payload, size: sizes[count])
      count += 1
    }
    try require(count == sizes.count, "\(count) responses instead of \(sizes.count)")
  }
}
