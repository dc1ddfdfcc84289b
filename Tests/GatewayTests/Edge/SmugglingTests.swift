import Foundation
import HTTP2
import NIOPosix
import Testing

@testable import Gateway

@Suite("X-17 R-218 request smuggling over raw sockets", .timeLimit(.minutes(10)))
struct SmugglingTests {
  private static let probe = "GET /healthz HTTP/1.1\r\nHost: \(EdgeStage.host)\r\n\r\n"

  private func check(_ text: String, _ attempt: SmugglingCase) {
    let answers = text.components(separatedBy: "HTTP/1.1 ").dropFirst()
    #expect(answers.first?.prefix(3) == "\(attempt.status)", "\(attempt.name)")
    #expect(answers.count == 1, "one answer: \(attempt.name)")
    #expect(!text.contains("\"status\":\"ok\""), "the probe was seen: \(attempt.name)")
    #expect(text.lowercased().contains("\r\nconnection: close\r\n"), "\(attempt.name)")
  }

  @Test("Each is refused, the connection ends, and what is behind it is never a request")
  func plain() async throws {
    try await EdgeStage.run(rates: .none) { stage in
      for attempt in SmugglingCase.all {
        // `raw` returns when the gateway has closed, and throws when it does not.
        check(try await stage.raw(attempt.request + Self.probe), attempt)
      }
    }
    #expect(SmugglingCase.all.count >= 100)
  }

  @Test("The same behind TLS")
  func tls() async throws {
    try await withCertificate { tls, _ in
      try await EdgeStage.run(rates: .none, tls: tls) { stage in
        for attempt in SmugglingCase.all {
          let text = try await openssl(
            ["s_client", "-quiet", "-alpn", "http/1.1", "-connect", "127.0.0.1:\(stage.port)"],
            input: attempt.request + Self.probe)
          check(text, attempt)
        }
      }
    }
  }

  @Test("The probe alone is seen: a case that fails to arrive would pass unnoticed")
  func control() async throws {
    try await EdgeStage.run { stage in
      let text = try await stage.raw(
        Self.probe + "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(text.components(separatedBy: "\"status\":\"ok\"").count == 3)
    }
  }

  @Test(
    "R-177 Upgrade: h2c is not heard, HTTP/1.0 closes, the absolute form of our own host is taken")
  func allowed() async throws {
    try await EdgeStage.run { stage in
      let upgrade = try await stage.send(
        "GET", "/healthz", ["Upgrade": "h2c", "HTTP2-Settings": "AAMAAABkAAQCAAAAAAIAAAAA"])
      #expect(upgrade.status == 200)
      let old = try await stage.raw("GET /healthz HTTP/1.0\r\n\r\n" + Self.probe)
      #expect(old.components(separatedBy: "HTTP/1.1 ").count == 2)
      let absolute = try await stage.send("GET", "http://\(EdgeStage.host.uppercased())/login")
      #expect(absolute.status == 200)
      let trace = try await stage.send("TRACE", "/login")
      #expect(trace.status == 405)
    }
  }
}
