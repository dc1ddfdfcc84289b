import Foundation
import PorticoAPI
import TestSupport
import Testing

@testable import IdentityService

@Suite("V-18 login storm over the gateway", .serialized, .timeLimit(.minutes(15)))
struct LoginStormTests {
  @Test(
    "V-18 each login of a storm is hashed or told when to come back, and whoever is signed in is served meanwhile"
  )
  func storm() async throws {
    try await World.run { world in
      let port = try #require(world.gateway.port)
      let hasher = try #require(await world.identity.service).parts.passwords
      let cookie = try await world.session(of: "users/u-acmeada")
      var refused = 0
      var round = 0
      // As many as the queues hold may be hashed; how many come while they are full is up to the machine.
      while refused == 0 {
        round += 1
        let before = hasher.evaluations
        let number = round
        let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
          for index in 0..<200 {
            group.addTask { try await Self.logIn(port, "storm-\(number)-\(index)", number, index) }
          }
          for _ in 0..<20 {
            let page = try await Self.send(
              port, "GET /v1/profile HTTP/1.1\r\nCookie: portico=\(cookie)\r\n")
            #expect(page.status == 200, "\(page.body)")
          }
          return try await group.reduce(into: [Answer]()) { $0.append($1) }
        }
        let hashed = answers.filter { $0.status == 401 }.count
        let told = answers.filter { $0.status == 503 }
        refused = told.count
        #expect(hashed + refused == 200, "\(Set(answers.map(\.status)))")
        #expect(hasher.evaluations - before == hashed)
        #expect(told.allSatisfy { Int($0["retry-after"] ?? "") ?? 0 > 0 })
        // Nobody is told apart: known or not, the one refusal is like the other.
        #expect(Set(answers.filter { $0.status == 401 }.map { $0["content-length"] }).count <= 1)
      }
    }
  }

  private static func logIn(
    _ port: Int, _ name: String, _ round: Int, _ index: Int
  ) async throws -> Answer {
    let body = #"{"tenant":"northwind","userName":"\#(name)","password":"wrong"}"#
    return try await send(
      port,
      "POST /v1/sessions HTTP/1.1\r\nX-Forwarded-For: 198.51.\(round % 250).\(index)\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n", body)
  }

  private static func send(_ port: Int, _ head: String, _ body: String = "") async throws -> Answer
  {
    let bytes = Array(
      (head + "Host: 127.0.0.1\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\r\n" + body)
        .utf8)
    return try await onOwnThread {
      let socket = try RawSocket(port: port)
      try socket.send(bytes)
      return Answer(String(decoding: try socket.readAll(), as: UTF8.self))
    }
  }
}
