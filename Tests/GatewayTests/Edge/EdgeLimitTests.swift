import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing
import Values

@testable import Gateway

/// The tables of services/gateway/README.md against the code.
@Suite("R-173 limits of the edge", .timeLimit(.minutes(2)))
struct EdgeLimitTests {
  private static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  private func rows(under head: String) throws -> [[String]] {
    let readme = Self.project.appending(path: "services/gateway/README.md")
    let lines = try String(contentsOf: readme, encoding: .utf8).split(separator: "\n")
    return lines.drop { !$0.hasPrefix(head) }.dropFirst(2).prefix { $0.hasPrefix("|") }.map {
      line in
      line.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// Bytes, seconds or a count.
  private func number(_ text: String) throws -> Double {
    let parts = text.split(separator: " ")
    let unit = ["": 1.0, "KiB": 1024, "MiB": 1_048_576, "s": 1][parts.count > 1 ? parts[1] : ""]
    return try #require(Double(parts[0]), "\(text)") * #require(unit, "\(text)")
  }

  private func number(_ value: Any) throws -> Double {
    switch value {
    case let value as Int: return Double(value)
    case let value as TimeAmount: return Double(value.nanoseconds) / 1e9
    default: return try #require(value as? Duration) / .seconds(1)
    }
  }

  @Test("The defaults are those of the table, none is missing, and the tests that it names exist")
  func table() throws {
    var left: [String: Any] = [:]
    for child in Mirror(reflecting: EdgeLimits()).children {
      left[try #require(child.label)] = child.value
    }
    for row in try rows(under: "| limit |") {
      let setting = row[2].filter { $0 != "`" }.dropFirst("EdgeLimits.".count)
      let known = left.removeValue(forKey: String(setting))
      let value = try #require(known, "\(row[2])")
      let difference = try number(value) - number(row[1])
      #expect(abs(difference) < 1e-9, "\(row[0])")
      let proof = row[4].split(separator: "`")
      try #require(proof.count == 2, "\(row[0]) names no test")
      let file = Self.project.appending(path: "Tests/\(proof[0])")
      let text = try String(contentsOf: file, encoding: .utf8)
      #expect(text.contains("\"\(proof[1].trimmingCharacters(in: .whitespaces))\""), "\(row[4])")
    }
    #expect(left.isEmpty, "not in the table: \(left.keys.sorted())")
  }

  @Test("X-26 the rates are those of the table, and no class is missing")
  func rates() throws {
    func text(_ rate: RateTable.Rate?) -> String {
      rate.map { "\($0.burst), \(Int($0.perSecond))/s" } ?? "none"
    }
    let rows = try rows(under: "| class |")
    #expect(Set(rows.map { $0[0] }) == Set(RouteClass.allCases.map(\.rawValue)))
    for row in rows {
      let kind = try #require(RouteClass(rawValue: row[0]))
      #expect(row[2] == text(RateTable.standard[kind, .address]), "\(row[0])")
      #expect(row[3] == text(RateTable.standard[kind, .identity]), "\(row[0])")
    }
  }

  @Test("R-173 the last request of a connection says so and closes it")
  func requestsPerConnection() async throws {
    var limits = EdgeLimits.testing
    limits.requestsPerConnection = 2
    try await EdgeStage.run(limits: limits) { stage in
      let one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
      let text = try await stage.raw(one + one + one)
      #expect(text.components(separatedBy: "HTTP/1.1 200").count == 3)
      #expect(text.components(separatedBy: "connection: close").count == 2)
    }
  }

  @Test("R-173 a connection without requests is closed")
  func idle() async throws {
    var limits = EdgeLimits.testing
    limits.idleTime = .milliseconds(50)
    try await EdgeStage.run(limits: limits) { stage in
      var text = ""
      // A machine that stands still may reach the bound before the request does: that one is asked again.
      for _ in 0..<20 where text.isEmpty {
        do {
          text = try await stage.raw("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        } catch let reset as RawSocket.Failure where reset.code == ECONNRESET {}
      }
      #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2 && !text.contains("408"))
    }
  }

  @Test("R-173 a body that comes byte by byte is cut off, one that had to wait for us is not")
  func pace() async throws {
    var limits = EdgeLimits()
    limits.bodyTime = .nanoseconds(1)
    limits.bodyRate = 1_000_000_000
    let waited = RequestBody(declaredLength: nil, pace: .init(limits)) {}
    let next = Task { try await waited.next() }
    // The reader waits from here on; what comes is far below a gigabyte a second.
    while !waited.isAwaited { await Task.yield() }
    try await Task.sleep(for: .milliseconds(1))
    waited.receive(ByteBuffer(string: "a"))
    await #expect(throws: RequestBody.Failure.timedOut) { try await next.value }
    let early = RequestBody(declaredLength: nil, pace: .init(limits)) {}
    early.receive(ByteBuffer(string: "a"))
    let first = try await early.next()
    #expect(first == ByteBuffer(string: "a"))
  }

  @Test("R-173 connections over the bounds are closed, and their places given back")
  func connections() async throws {
    for isPerAddress in [true, false] {
      var limits = EdgeLimits.testing
      if isPerAddress { limits.connectionsPerAddress = 2 } else { limits.connections = 2 }
      try await EdgeStage.run(limits: limits) { stage in
        let one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        var open: [RawSocket] = []
        for _ in 0..<2 {
          let socket = try RawSocket(port: stage.port)
          try socket.send(Array(one.utf8))
          #expect(try await socket.text(until: "ok\"}\n").hasPrefix("HTTP/1.1 200"))
          open.append(socket)
        }
        let third = try RawSocket(port: stage.port)
        let answer = try third.read()
        #expect(answer.isEmpty)
        open.removeAll()
        // The gateway hears of the closed ones in its own time.
        while await stage.isRefused() { await Task.yield() }
      }
    }
  }

  @Test("R-222 handshakes beyond the bound wait for those that dawdle, and are served")
  func handshakes() async throws {
    var limits = EdgeLimits.testing
    limits.handshakes = 1
    // Enough for an honest client on a machine that stands still for a moment.
    limits.headerTime = .seconds(2)
    try await withCertificate { tls, _ in
      try await EdgeStage.run(limits: limits, tls: tls) { stage in
        let silent = [try RawSocket(port: stage.port), try RawSocket(port: stage.port)]
        let text = try await openssl(
          ["s_client", "-quiet", "-connect", "127.0.0.1:\(stage.port)"],
          input: "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 200"))
        for socket in silent {
          let answer = try socket.read()
          #expect(answer.isEmpty)
        }
      }
    }
  }

  @Test("R-224 open streams are bounded for all and for each")
  func streams() throws {
    let streams = OpenStreams(most: 3, mostEach: 2)
    let ada = RateLimiter.Subject.identity(TenantID("a"), "users/ada")
    let bob = RateLimiter.Subject.identity(TenantID("a"), "users/bob")
    var open = [try streams.open(ada), try streams.open(ada)]
    #expect(throws: Problem.self) { _ = try streams.open(ada) }
    open.append(try streams.open(bob))
    #expect(throws: Problem.self) { _ = try streams.open(bob) }
    #expect(streams.count == 3)
    open.removeAll()
    #expect(streams.count == 0)
    open.append(try streams.open(ada))
  }
}

extension EdgeStage {
  /// Whether a new connection is closed without a word.
  fileprivate func isRefused() async -> Bool {
    do { return try await send("GET", "/healthz").status != 200 } catch { return true }
  }
}
