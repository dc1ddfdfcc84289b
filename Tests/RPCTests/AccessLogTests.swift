import Logging
import PorticoAPI
import Synchronization
import Telemetry
import Testing

@testable import RPC

@Suite(.timeLimit(.minutes(2))) struct AccessLogTests {
  /// Keeps what is logged.
  private struct Sink: LogHandler {
    final class Lines: Sendable {
      let all = Mutex<[(level: Logger.Level, fields: [String: String])]>([])
    }

    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let fields = (event.metadata ?? [:]).mapValues { "\($0)" }
      lines.all.withLock { $0.append((event.level, fields)) }
    }
  }

  /// The lines of what `body` does with a server whose log is kept.
  private func lines(
    _ service: any RPCService, _ body: (RawClient) async throws -> Void
  ) async throws -> [(level: Logger.Level, fields: [String: String])] {
    let kept = Sink.Lines()
    let logger = Logger(label: "test") { _ in Sink(lines: kept) }
    let server = Server(
      services: [service], interceptors: [AccessLog(logger) { _ in [LogField("user", "ada")] }],
      logger: logger)
    let raw = try await RawClient(port: try await port(of: server))
    try await body(raw)
    while server.runningHandlers > 0 { await Task.yield() }
    try await raw.close()
    await server.shutDown(grace: .zero)
    return kept.all.withLock { $0.filter { $0.fields["method"] != nil } }
  }

  @Test("R-042 a line says method, peer, code, time, bytes and trace")
  func fields() async throws {
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    let all = try await lines(EchoStreams()) { raw in
      _ = try await raw.request(
        RawClient.headers(["traceparent": "00-\(trace)-00f067aa0ba902b7-01"]),
        body: [0, 0, 0, 0, 3, 0x12, 1, 65])
    }
    let line = try #require(all.first?.fields)
    #expect(all.count == 1)
    #expect(line["method"] == "/portico.testing.v1.Streams/Unary")
    #expect(line["code"] == "ok")
    #expect(line["trace_id"] == trace)
    #expect(line["request_bytes"] == "3")
    #expect(line["response_bytes"] == "3")
    #expect(line["user"] == "ada")
    #expect(line["peer"]?.hasPrefix("127.0.0.1:") == true)
    #expect(try line["ms"]?.wholeMatch(of: Regex("[0-9]+\\.[0-9]{3}")) != nil)
  }

  @Test("R-042 the bytes of streams are those of their messages")
  func streams() async throws {
    let one = GzipBytes.frame([0x12, 1, 65], flag: 0)
    let all = try await lines(EchoStreams()) { raw in
      _ = try await raw.request(
        RawClient.headers(path: "/portico.testing.v1.Streams/Chat"), body: one + one + one)
    }
    #expect(all.first?.fields["request_bytes"] == "9")
    #expect(all.first?.fields["response_bytes"] == "9")
  }

  @Test("R-221 no metadata, no message and no token is logged, on failure neither")
  func secrets() async throws {
    let service = EchoStreams(onUnary: { request, _ in
      if request.text == "s3cret-fail" { throw Status(.internal, "x", because: "disk full") }
      return request
    })
    let all = try await lines(service) { raw in
      for text in ["s3cret-okay", "s3cret-fail"] {
        _ = try await raw.request(
          RawClient.headers([
            "authorization": "Bearer s3cret", "cookie": "s3cret", "x-any": "s3cret",
            "portico-principal-bin": "s3cret", "traceparent": "s3cret", "grpc-timeout": "1H",
          ]), body: GzipBytes.frame([0x12, 11] + text.utf8, flag: 0))
      }
      _ = try await raw.request(RawClient.headers(), body: [0, 0, 0, 0, 6] + "s3cret".utf8)
    }
    #expect(all.count == 3)
    #expect(all[1].fields["reason"] == "disk full", "the operator's reason, once")
    for line in all { #expect(!line.fields.values.contains { $0.contains("s3cret") }) }
  }

  @Test("R-042 a call that its deadline ended is logged as such, whatever its handler made of it")
  func deadline() async throws {
    let service = EchoStreams(onUnary: { request, call in
      let heard = Signal()
      call.onCancel { heard.set() }
      await heard.wait()
      return request
    })
    let all = try await lines(service) { raw in
      _ = try await raw.request(
        RawClient.headers(["grpc-timeout": "30m"]), body: [0, 0, 0, 0, 0])
    }
    #expect(all.first?.fields["code"] == "deadlineExceeded")
    #expect(all.first?.level == .warning)
  }
}
