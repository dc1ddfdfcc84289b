import Foundation
import TestProcesses
import TestSupport
import Testing

@testable import Gateway

@Suite("The edge over sockets", .timeLimit(.minutes(2)))
struct EdgeTests {
  private static let get = "GET /login HTTP/1.1\r\nHost: northwind.localhost\r\n"

  @Test("R-177 keep-alive and pipelining: answers come in order on one connection")
  func pipelining() async throws {
    try await EdgeStage.run { stage in
      let text = try await stage.raw(
        Self.get + "\r\n" + Self.get
          + "X: y\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
      let answers = text.components(separatedBy: "HTTP/1.1 ").dropFirst()
      #expect(answers.map { $0.prefix(3) } == ["200", "200", "200"])
      #expect(answers.last?.contains("{\"status\":\"ok\"}") == true)
    }
  }

  @Test("R-177 HEAD has the headers of GET and no body; every answer has Date and a request id")
  func head() async throws {
    try await EdgeStage.run { stage in
      let get = try await stage.send("GET", "/login")
      let head = try await stage.send("HEAD", "/login")
      #expect(head.status == 200)
      #expect(head.body.isEmpty)
      #expect(head["content-length"] == get["content-length"])
      #expect(get["date"]?.hasSuffix(" GMT") == true)
      #expect(get["x-request-id"] != nil && get["x-request-id"] != head["x-request-id"])
    }
  }

  @Test("R-177 Expect: 100-continue is answered when somebody reads, and not when nobody does")
  func expectContinue() async throws {
    try await EdgeStage.run { stage in
      let headers =
        "Host: northwind.localhost\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: application/json\r\n"
      let asked = try await stage.raw(
        "POST /v1/links:redeem HTTP/1.1\r\n\(headers)Content-Length: 2\r\n\r\n{}")
      #expect(asked.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400"))
      let refused = try await stage.raw(
        "POST /v1/nothing HTTP/1.1\r\n\(headers)Content-Length: 2\r\n\r\n")
      #expect(refused.hasPrefix("HTTP/1.1 404"))
    }
  }

  @Test("X-17 R-218 what could be read in two ways gets 400, and the connection closes")
  func smuggling() async throws {
    try await EdgeStage.run { stage in
      let second = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
      for request in [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
      ] {
        let text = try await stage.raw(request + second)
        #expect(text.hasPrefix("HTTP/1.1 400 "), "\(request)")
        #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2, "one answer only: \(request)")
        #expect(text.contains("application/problem+json"))
      }
      let chunked = try await stage.raw(
        "POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nContent-Type: application/json\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n2;x=y\r\n{}\r\n0\r\n\r\n" + second)
      #expect(chunked.hasPrefix("HTTP/1.1 400 "))
      #expect(chunked.components(separatedBy: "HTTP/1.1 ").count == 2)
    }
  }

  @Test("R-173 limits answer 414, 431 and 413, the last before a byte of the body came")
  func limits() async throws {
    try await EdgeStage.run { stage in
      #expect(try await stage.send("GET", "/" + String(repeating: "a", count: 9000)).status == 414)
      #expect(
        try await stage.send("GET", "/", ["X": String(repeating: "a", count: 33_000)]).status == 431
      )
      let big = try await stage.raw(
        "POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nContent-Type: application/json\r\n"
          + "Content-Length: 99999999\r\n\r\n")
      #expect(big.hasPrefix("HTTP/1.1 413"))
      #expect(big.contains("\"code\":\"RESOURCE_EXHAUSTED\""))
      let counted = try await stage.raw(
        "POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nContent-Type: application/json\r\n"
          + "Transfer-Encoding: chunked\r\n\r\n200000\r\n" + String(repeating: " ", count: 0x200000)
          + "\r\n0\r\n\r\n")
      #expect(counted.hasPrefix("HTTP/1.1 413"))
    }
  }

  @Test("R-173 slow headers get 408 and slow bodies too")
  func slow() async throws {
    var limits = EdgeLimits.testing
    limits.headerTime = .milliseconds(150)
    limits.bodyTime = .milliseconds(150)
    try await EdgeStage.run(limits: limits) { stage in
      #expect(try await stage.raw("GET / HT").hasPrefix("HTTP/1.1 408"))
      #expect(try await stage.raw("").isEmpty)
      let body = try await stage.raw(
        "POST /v1/links:redeem HTTP/1.1\r\nHost: \(EdgeStage.host)\r\nContent-Type: application/json\r\n"
          + "Content-Length: 10\r\n\r\n{")
      #expect(body.hasPrefix("HTTP/1.1 408"))
    }
  }

  @Test("R-222 connections beyond the rate wait and are served")
  func acceptRate() async throws {
    var limits = EdgeLimits()
    limits.acceptBurst = 1
    limits.acceptRate = 20
    try await EdgeStage.run(limits: limits) { stage in
      let began = ContinuousClock.now
      try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<12 { group.addTask { try await stage.send("GET", "/healthz").status } }
        for try await status in group { #expect(status == 200) }
      }
      // The kernel hands out up to four at a time; those after them have to be earned.
      #expect(ContinuousClock.now - began > .milliseconds(200))
    }
  }

  @Test(
    "R-178 security headers on pages, errors and API alike; no inline script or style is allowed")
  func securityHeaders() async throws {
    try await EdgeStage.run { stage in
      for path in ["/login", "/nowhere", "/v1/nowhere", "/healthz", "/no/portal"] {
        let answer = try await stage.send(
          "GET", path, host: path == "/no/portal" ? "elsewhere.example" : EdgeStage.host)
        let isPage = answer["content-type"]?.hasPrefix("text/html") ?? false
        #expect(isPage == ["/login", "/nowhere", "/no/portal"].contains(path))
        #expect(
          answer["content-security-policy"]
            == (isPage ? SecurityHeaders.pagePolicy : SecurityHeaders.dataPolicy))
        #expect(answer["x-content-type-options"] == "nosniff")
        #expect(answer["cross-origin-resource-policy"] == "same-origin")
        #expect(answer["referrer-policy"] == (isPage ? "same-origin" : "no-referrer"))
        #expect((answer["permissions-policy"] != nil) == isPage)
        #expect((answer["cross-origin-opener-policy"] == "same-origin") == isPage)
        #expect(answer["cache-control"] == "no-store")
        #expect(answer["strict-transport-security"] == nil, "plain HTTP")
      }
      #expect(!SecurityHeaders.pagePolicy.contains("unsafe"))
      #expect(!SecurityHeaders.pagePolicy.contains("nonce"))
    }
  }

  @Test("A streamed answer is chunked; one that breaks off does not look whole (R-162)")
  func streams() async throws {
    try await EdgeStage.run { stage in
      let whole = try await stage.send("GET", "/stream")
      #expect(whole["transfer-encoding"] == "chunked")
      #expect(whole.body == "1\r\na\r\n2\r\nbc\r\n3\r\ndef\r\n0\r\n\r\n")
      let cut = try await stage.send("GET", "/cut")
      #expect(cut.body == "4\r\nhalf\r\n")
    }
  }

  @Test("An unknown host has no portal, and its page says no more than that")
  func hosts() async throws {
    try await EdgeStage.run { stage async throws in
      for host in ["evil.example", "nobody.localhost", "localhost", "a.northwind.localhost"] {
        #expect(try await stage.send("GET", "/login", host: host).status == 404)
      }
      #expect(try await stage.send("GET", "/login", host: "NorthWind.localhost:99").status == 200)
    }
  }

  @Test(
    "R-180 readiness tells each service; a stopped gateway finishes what runs and takes nothing new"
  )
  func readiness() async throws {
    try await EdgeStage.run { stage in
      let ready = try await stage.send("GET", "/readyz")
      #expect(ready.body.contains("\"ticketing\":\"down\""))
      #expect(stage.server.isListening)
      await stage.server.stop()
      #expect(!stage.server.isListening)
    }
  }

  @Test("R-177 R-219 the same port speaks HTTP/2: a page, the API, an upload")
  func http2() async throws {
    try await EdgeStage.run { stage in
      let url = "http://northwind.localhost:\(stage.port)"
      let common = [
        "--http2-prior-knowledge", "-sS", "-i", "--resolve",
        "northwind.localhost:\(stage.port):127.0.0.1",
      ]
      let page = try await curl(common + [url + "/login"])
      #expect(page.hasPrefix("HTTP/2 200"))
      #expect(page.contains("|Northwind</form>"))
      let head = try await curl(common + ["-I", url + "/login"])
      #expect(head.hasPrefix("HTTP/2 200") && head.hasSuffix("\r\n\r\n"))
      let api = try await curl(
        common + ["-H", "content-type: application/json", "-d", "{}", url + "/v1/links:redeem"])
      #expect(api.hasPrefix("HTTP/2 400") && api.contains("\"field\":\"new_password\""))
      let stream = try await curl(common + [url + "/stream"])
      #expect(stream.hasSuffix("abcdef"))
    }
  }

  private func curl(_ arguments: [String]) async throws -> String {
    try await onOwnThread {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
      process.arguments = ["--max-time", "20"] + arguments
      let output = Pipe.ofOneChild()
      process.standardOutput = output
      try process.start()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
  }
}
