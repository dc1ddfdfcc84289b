import Crypto
import NIOCore
import NIOHTTP1
import NIOPosix
import RPC
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite("R-151 R-171 answers without a task", .timeLimit(.minutes(2)))
struct PromptAnswerTests {
  private static let parcel = "/v1/testing/shelves/1/parcels/2"

  /// One answer, as its transport was given it.
  private struct Said: Equatable, CustomStringConvertible {
    let status: UInt
    let headers: [String]
    let body: String
    var description: String { "\(status) \(headers) \(body)" }

    init(_ response: Response) {
      status = response.status.code
      // What names the one request or the moment differs by design.
      let id = response.headers["x-request-id"].first ?? ""
      headers = response.headers.filter { !["x-request-id", "date"].contains($0.name) }
        .map { "\($0.name): \($0.value)" }.sorted()
      if case .bytes(let bytes) = response.body {
        body = String(decoding: bytes, as: UTF8.self).replacing(id, with: "ID")
      } else {
        body = ""
      }
    }
  }

  /// What the edge answers, once.
  private final class Answers: Sendable {
    private let all: AsyncStream<Response>
    private let adding: AsyncStream<Response>.Continuation
    init() { (all, adding) = AsyncStream.makeStream() }

    func add(_ response: Response) { adding.yield(response) }

    func next() async -> Response {
      for await response in all { return response }
      return Response(.imATeapot)
    }
  }

  private static func incoming(
    _ stage: TranscodingStage, _ target: String, _ more: [(String, String)] = [],
    method: HTTPMethod = .GET, body: RequestBody = .none, signedIn: Bool = true
  ) -> IncomingRequest {
    var headers = HTTPHeaders(more)
    if signedIn { headers.add(contentsOf: HTTPHeaders(stage.headers.map { ($0, $1) })) }
    return IncomingRequest(
      method: method, target: target, host: EdgeStage.host, headers: headers, body: body,
      origin: ConnectionOrigin(address: IPAddress("203.0.113.5"), isTLS: false))
  }

  /// The way of every request.
  private static func inTask(_ stage: TranscodingStage, _ request: IncomingRequest) async -> Said {
    let answers = Answers()
    await stage.edge.server.edge.answer(request) { answers.add($0) }
    return Said(await answers.next())
  }

  private static let loop = MultiThreadedEventLoopGroup.singleton.next()

  /// Begins on an event loop, as a connection does. Nil when it takes a task.
  private static func begin(
    _ stage: TranscodingStage, _ request: IncomingRequest, _ answers: Answers
  ) async throws -> PromptAnswer? {
    try await loop.submit {
      stage.edge.server.edge.promptAnswer(request, on: loop) { response in
        loop.preconditionInEventLoop()
        answers.add(response)
      }
    }.get()
  }

  private static func isBegun(
    _ stage: TranscodingStage, _ request: IncomingRequest, _ answers: Answers
  ) async throws -> Bool { try await begin(stage, request, answers) != nil }

  private static func promptly(
    _ stage: TranscodingStage, _ request: IncomingRequest
  ) async throws -> Said? {
    let answers = Answers()
    guard try await begin(stage, request, answers) != nil else { return nil }
    return Said(await answers.next())
  }

  @Test(
    "the answer is that of a task: what is found, what is known already, other spellings, faults of either side",
    arguments: [
      (parcel, []), (parcel, [("if-none-match", "\"a\"")]), ("\(parcel)?tags=a&tags=b", []),
      (parcel, [("accept", "application/json;defaults=false;fields=proto")]),
      ("\(parcel)/tags?tags=a", []), ("\(parcel):peek", []), ("\(parcel)?nothing=1", []),
      ("/v1/testing/fail/5?message=gone", []), ("/v1/testing/fail/7?message=no", []),
      ("/v1/testing/fail/8?retry_seconds=3", []), ("/v1/testing/fail/13", []),
      ("/v1/testing/fail/14", [("accept", "application/json;errors=rpc")]),
      (parcel, [("origin", "https://app.example")]),
      ("/v1/testing/fail/5", [("origin", "https://app.example")]),
    ] as [(String, [(String, String)])])
  func same(target: String, headers: [(String, String)]) async throws {
    try await TranscodingStage.run(api: APIOptions(origins: ["https://app.example"])) { stage in
      let request = Self.incoming(stage, target, headers)
      // The first one asks identity, so that the second one finds the session known.
      let expected = await Self.inTask(stage, request)
      let prompt = try await Self.promptly(stage, request)
      #expect(prompt == expected)
    }
  }

  @Test("F-34 who shows nothing and who shows an API token is answered in the same way")
  func credentials() async throws {
    try await TranscodingStage.run { stage in
      let secret = APITokenSecret().reveal()
      stage.edge.identity.open(apiToken: secret)
      let bearer = [("authorization", "Bearer \(secret)")]
      let program = Self.incoming(stage, Self.parcel, bearer, signedIn: false)
      let first = await Self.inTask(stage, program)
      #expect(first.status == 200)
      let programPrompt = try await Self.promptly(stage, program)
      #expect(programPrompt == first)
      let nobody = Self.incoming(stage, Self.parcel, signedIn: false)
      let refused = await Self.inTask(stage, nobody)
      #expect(refused.status == 401)
      let nobodyPrompt = try await Self.promptly(stage, nobody)
      #expect(nobodyPrompt == refused)
    }
  }

  @Test("what takes more than one call takes a task, and has left no trace")
  func others() async throws {
    try await TranscodingStage.run { stage in
      // Nobody knows the session yet.
      let request = Self.incoming(stage, Self.parcel)
      let prompt = try await Self.promptly(stage, request)
      #expect(prompt == nil)
      _ = await Self.inTask(stage, request)
      let body = RequestBody(Array("{}".utf8))
      for other in [
        Self.incoming(stage, Self.parcel, method: .HEAD),
        Self.incoming(stage, Self.parcel, method: .DELETE),
        Self.incoming(stage, "/v1/testing/parcels", method: .POST, body: body),
        Self.incoming(stage, "/v1/testing/count?count=1"),
        Self.incoming(stage, "/v1/testing/fetch/a?size=1"),
        Self.incoming(stage, "/v1/testing/fetchSmall/a?size=1"),
        Self.incoming(stage, "/v1/nowhere"), Self.incoming(stage, "/"),
        Self.incoming(stage, "/healthz"),
        Self.incoming(stage, Self.parcel, [("x-request-timeout", "soon")]),
        Self.incoming(stage, Self.parcel, [("authorization", "Basic YTpi")]),
        Self.incoming(stage, Self.parcel, [("authorization", "Bearer ptk_")], signedIn: false),
      ] {
        let before = stage.edge.server.edge.door.admission.load.running
        let prompt = try await Self.promptly(stage, other)
        #expect(prompt == nil, "\(other.method) \(other.target)")
        #expect(stage.edge.server.edge.door.admission.load.running == before)
      }
    }
  }

  @Test(
    "V-16 it waits for room and is told when there is none, and leaves the queue with its reader")
  func room() async throws {
    var limits = EdgeLimits.testing
    (limits.runningAtLeast, limits.runningAtMost, limits.waiting) = (1, 1, 1)
    limits.waitingTime = .seconds(60)
    try await TranscodingStage.run(limits: limits) { stage in
      let admission = stage.edge.server.edge.door.admission
      let request = Self.incoming(stage, Self.parcel)
      _ = await Self.inTask(stage, request)
      let (slow, leaving, late, waiting) = (Answers(), Answers(), Answers(), Answers())
      let held = try await Self.begin(
        stage, Self.incoming(stage, "/v1/testing/shelves/slow/parcels/1"), slow)
      try await stage.wait { $0.metadata.count == 2 }
      let left = try await Self.begin(stage, request, leaving)
      #expect(left != nil && admission.load.waiting == 1)
      #expect(try await Self.isBegun(stage, request, late))
      let refused = await late.next()
      #expect(refused.status == .serviceUnavailable && !refused.headers["retry-after"].isEmpty)
      try await Self.loop.submit { left?.cancel() }.get()
      #expect(await leaving.next().status.code >= 400)
      #expect(admission.load.waiting == 0)
      #expect(try await Self.isBegun(stage, request, waiting))
      // The end of the first reader ends its call, and makes room.
      try await Self.loop.submit { held?.cancel() }.get()
      #expect(await slow.next().status.code >= 400)
      #expect(await waiting.next().status == .ok)
      while admission.load.running > 0 { await Task.yield() }
      try await stage.wait { $0.ended == ["getParcel"] }
    }
  }

  @Test("X-26 rates are those of all requests")
  func rates() async throws {
    try await EdgeStage.run(
      rates: try RateTable(changes: "read.identity=3/0.001"),
      serving: ["testing": [TestTranscoding()]]
    ) { edge in
      let stage = TranscodingStage(
        edge: edge, service: TestTranscoding(),
        headers: ["Cookie": "portico=\(edge.identity.open())"])
      let request = Self.incoming(stage, Self.parcel)
      var statuses = [await Self.inTask(stage, request).status]
      for _ in 0..<4 { statuses.append(try await Self.promptly(stage, request)?.status ?? 0) }
      #expect(statuses == [200, 200, 200, 429, 429])
    }
  }
}
