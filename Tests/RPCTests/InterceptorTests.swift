import HTTP2
import PorticoAPI
import Synchronization
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct InterceptorTests {
  /// Lets in by what this call's own metadata says; notes what it could see.
  private final class Judge: ServerInterceptor {
    let seen = Mutex<[String]>([])

    func intercept(_ call: Call, _ next: (Call) async throws -> Void) async throws {
      let facts = [
        call.method.name, "\(call.method.streaming)", call.metadata["x-user"] ?? "nobody",
        call.deadline == nil ? "for ever" : "limited",
        call.peer.address.hasPrefix("127.0.0.1:") ? "loopback" : "elsewhere",
      ]
      seen.withLock { $0.append(facts.joined(separator: " ")) }
      guard call.metadata["x-user"] == "ada" else { throw Status(.permissionDenied, "no") }
      try await next(call)
      if call.metadata["x-late"] != nil { throw Status(.aborted, "after the handler") }
    }
  }

  private func withRaw(
    _ service: any RPCService, _ body: (RawClient, Judge) async throws -> Void
  ) async throws {
    let judge = Judge()
    let server = Server(services: [service], interceptors: [judge])
    let raw = try await RawClient(port: try await port(of: server))
    try await body(raw, judge)
    while server.runningHandlers > 0 { await Task.yield() }
    try await raw.close()
    await server.shutDown(grace: .zero)
  }

  private func headers(_ method: String, _ more: KeyValuePairs<String, String> = [:])
    -> HeaderFields
  {
    RawClient.headers(path: "/portico.testing.v1.Streams/" + method, more)
  }

  @Test("R-039 an interceptor sees method, kind, metadata, deadline and peer of every call")
  func sees() async throws {
    try await withRaw(EchoStreams()) { raw, judge in
      _ = try await raw.request(headers("Unary", ["x-user": "ada"]), body: [0, 0, 0, 0, 0])
      _ = try await raw.request(
        headers("Chat", ["x-user": "ada", "grpc-timeout": "1H"]), body: [0, 0, 0, 0, 0])
      #expect(
        judge.seen.withLock { $0 } == [
          "Unary unary ada for ever loopback", "Chat bidirectional ada limited loopback",
        ])
    }
  }

  @Test("R-220 calls of one connection are judged each for itself")
  func eachForItself() async throws {
    try await withRaw(EchoStreams()) { raw, _ in
      for (user, expected) in [("ada", "0"), ("eve", "7"), ("ada", "0"), ("", "7")] {
        for method in ["Unary", "Serve", "Collect", "Chat"] {
          let answer = try await raw.request(
            headers(method, ["x-user": user]), body: [0, 0, 0, 0, 0])
          #expect(answer.grpc == expected, "\(method) of \(user)")
        }
      }
    }
  }

  @Test("R-039 an interceptor ends a call whose client has sent nothing yet and never will")
  func endsStream() async throws {
    try await withRaw(EchoStreams()) { raw, _ in
      let answer = try await raw.request(headers("Chat"), finish: false)
      #expect(answer.headers["grpc-status"] == "7")
      #expect(answer.trailers == nil)
    }
  }

  @Test("R-039 an interceptor may fail a call after its handler", arguments: ["Unary", "Chat"])
  func afterwards(method: String) async throws {
    try await withRaw(EchoStreams()) { raw, _ in
      let answer = try await raw.request(
        headers(method, ["x-user": "ada", "x-late": "1"]), body: [0, 0, 0, 0, 0])
      #expect(answer.grpc == "10")
      #expect(answer.body.count == (method == "Unary" ? 0 : 5))
    }
  }
}
