import Foundation
import HTTP2
import RPC
import TestSupport
import Testing

@testable import Gateway

@Suite("R-180 services that are down, come back and restart", .timeLimit(.minutes(3)))
struct BackendDownTests {
  private static let ticket = Samples.ticket()

  private static func ticketing() -> TestTicketing {
    let service = TestTicketing()
    service.state.withLock { $0.tickets[ticket.name] = ticket }
    return service
  }

  /// The same question in every language that the gateway speaks.
  private func questions(
    _ cookie: [String: String]
  ) -> [(name: String, path: String, headers: [String: String])] {
    let path = "/portico.ticketing.v1.Tickets/GetTicket"
    let message = "%7B%22name%22%3A%22accounts%2Facme%2Ftickets%2F1001%22%7D"
    return [
      ("JSON", "/v1/accounts/acme/tickets/1001", cookie),
      ("a stream", "/v1/ticketing/events:watch", cookie),
      ("a page", "/accounts/acme/tickets/1001", cookie),
      ("Connect", "\(path)?connect=v1&encoding=json&message=\(message)", cookie),
    ]
  }

  @Test(
    "Down: 503 and Retry-After in every language, never a wait for the deadline; readiness says so; up: 200"
  )
  func recovery() async throws {
    let nobody: GatewayProcess.Peers = { folder, _ in
      ["ticketing": "unix:\(folder.path)/ticketing"]
    }
    try await GatewayProcess.during(peers: nobody) { gateway in
      let cookie = [
        "Cookie": "portico=\(gateway.identity.open())", "Sec-Fetch-Site": "same-origin",
      ]
      for (name, path, headers) in questions(cookie) {
        // A request that waited for its deadline would be a 504.
        let answer = try await gateway.get(path, headers)
        #expect(answer.status == 503, "\(name): \(answer.body)")
        #expect(
          answer["retry-after"].flatMap(Int.init).map { (1...3).contains($0) } == true, "\(name)")
      }
      var ready = try await gateway.get("/readyz")
      // A service that is asked while the machine stands still seems down for a moment.
      while ready.status != 200 { ready = try await gateway.get("/readyz") }
      #expect(ready.body.contains(#""ticketing":"down""#))
      let address = RPC.Listener.Address.unix(path: "\(gateway.folder.path)/ticketing")
      try await gateway.backends.begin(
        "ticketing", of: "ticketing", [Self.ticketing()], at: address)
      let path = "/v1/\(Self.ticket.name)"
      while try await gateway.get(path, cookie).status != 200 {
        try await Task.sleep(for: .milliseconds(20))
      }
      await gateway.backends.end("ticketing")
      while try await gateway.get(path, cookie).status != 503 {
        try await Task.sleep(for: .milliseconds(20))
      }
      // Without identity nobody is anybody: the gateway says that it is not ready, and lives.
      await gateway.backends.end("identity")
      while try await gateway.get("/readyz").status != 503 {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(try await gateway.get("/healthz").status == 200)
      let stranger = ["Cookie": "portico=\(gateway.identity.open())"]
      let unknown = try await gateway.get(path, stranger)
      #expect(unknown.status == 503 && unknown["retry-after"] != nil)
    }
  }

  /// Two processes of ticketing that take turns at being away. Each start has a count of its own of what it answered.
  private actor Pair {
    // Addresses of the test's own, at ports that the system gives to nobody: none is taken while its server is away, not
    // even by one who listens on all addresses.
    private let hosts = ["ticketing": "127.0.71.1", "ticketing-2": "127.0.71.2"]
    private let port = Int.random(in: 20_000..<32_000)
    var places: [String] { hosts.keys.sorted() }
    var target: String {
      "ipv4:" + hosts.values.sorted().map { "\($0):\(port)" }.joined(separator: ",")
    }

    func start(_ place: String, on backends: TestBackends) async throws -> TestTicketing {
      let service = BackendDownTests.ticketing()
      _ = try await backends.begin(
        place, of: "ticketing", [service], at: .tcp(host: hosts[place] ?? "", port: port))
      return service
    }
  }

  @Test("R-180 V-21 a rolling restart of two processes of a service loses no request")
  func rollingRestart() async throws {
    let pair = Pair()
    let both: GatewayProcess.Peers = { _, backends in
      for place in await pair.places { _ = try await pair.start(place, on: backends) }
      return ["ticketing": await pair.target]
    }
    try await GatewayProcess.during(["--rates", "none"], peers: both) { gateway in
      let cookie = ["Cookie": "portico=\(gateway.identity.open())"]
      let counts = try await withThrowingTaskGroup(of: [Int: Int].self) { group in
        for _ in 0..<4 {
          group.addTask {
            var counts: [Int: Int] = [:]
            while !Task.isCancelled {
              let answer = try await gateway.get("/v1/\(Self.ticket.name)", cookie)
              counts[answer.status, default: 0] += 1
            }
            return counts
          }
        }
        for _ in 0..<3 {
          for place in await pair.places {
            await gateway.backends.end(place)
            let service = try await pair.start(place, on: gateway.backends)
            // It is back for the gateway before the other one goes.
            while service.state.withLock({ $0.asked }) < 5 {
              try await Task.sleep(for: .milliseconds(10))
            }
          }
        }
        group.cancelAll()
        return try await group.reduce(into: [Int: Int]()) { $0.merge($1, uniquingKeysWith: +) }
      }
      #expect(counts.keys.sorted() == [200])
      #expect(counts[200, default: 0] > 10)
    }
  }
}
