import Logging
import Synchronization
import Testing

@testable import Gateway

@Suite("X-27 what the gateway's log holds", .timeLimit(.minutes(1)))
struct EdgeLogTests {
  /// Keeps every line with everything that goes with it.
  private final class Lines: Sendable {
    let all = Mutex<[String]>([])
  }

  private struct Recorder: LogHandler {
    let lines: Lines
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      let text = "\(event.level) \(event.message) \(event.metadata ?? [:]) \(metadata)"
      lines.all.withLock { $0.append(text) }
    }
  }

  @Test("X-27 no token, cookie, query, header value or body, whatever becomes of the request")
  func markers() async throws {
    let lines = Lines()
    let log = Logger(label: "test") { _ in Recorder(lines: lines) }
    let mark = "planted-marker-7c1f"
    try await EdgeStage.run(rates: .none, log: log) { stage in
      let session = stage.identity.open()
      let headers = [
        "Cookie": "portico=\(session); other=\(mark)", "Authorization": "Bearer \(mark)",
        "X-Any": mark, "X-Portico-Csrf": mark,
      ]
      for path in [
        "/login", "/", "/broken", "/down", "/nowhere", "/v1/accounts", "/v1/nowhere", "/cut",
      ] {
        _ = try await stage.send("GET", "\(path)?token=\(mark)", headers)
      }
      let json = headers.merging(["Content-Type": "application/json"]) { $1 }
      let form = headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 }
      _ = try await stage.send("POST", "/v1/links:redeem", json, body: "{\"token\":\"\(mark)\"}")
      _ = try await stage.send("POST", "/v1/links:redeem", json, body: "\(mark)")
      _ = try await stage.send("POST", "/login", form, body: "password=\(mark)&username=\(mark)")
      // What is no request, and what cannot be read.
      _ = try await stage.raw("GET /\(mark) HTTP/9.9\r\nCookie: \(mark)\r\n\r\n")
      _ = try await stage.raw("GET http://a:\(mark)@b/ HTTP/1.1\r\nHost: b\r\n\r\n")
      // A line is written when its answer has been sent, which the client may see first.
      while lines.all.withLock({ $0.count { $0.contains("status") } }) < 13 { await Task.yield() }
      let all = lines.all.withLock { $0 }
      for line in all {
        #expect(!line.contains(mark), "\(line)")
        #expect(!line.contains(session), "\(line)")
      }
    }
  }
}
