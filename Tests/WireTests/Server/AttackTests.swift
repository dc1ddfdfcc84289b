import Foundation
import PorticoAPI
import RPC
import Testing

/// wire.md §5 and V-19: each attack against a server process of its own, beside somebody who is served all the
/// while. Afterwards the server serves, its memory is back, and it leaves in order.
@Suite(.serialized) struct AttackTests {
  @Test("V-19 R-211 rapid resets end in ENHANCE_YOUR_CALM", arguments: Attack.rapidResets)
  func rapidReset(_ attack: Attack) async throws { try await stand(attack) }

  @Test("V-19 R-212 resets that the server is made to send, too", arguments: Attack.madeYouResets)
  func madeYouReset(_ attack: Attack) async throws { try await stand(attack) }

  @Test("V-19 R-214 floods of frames that carry nothing", arguments: Attack.floods)
  func flood(_ attack: Attack) async throws { try await stand(attack) }

  @Test("V-19 R-022 R-213 header and HPACK bombs", arguments: Attack.headers)
  func headers(_ attack: Attack) async throws { try await stand(attack) }

  @Test("R-012 R-013 R-121 R-122 R-223 messages that explode", arguments: Attack.messages)
  func messages(_ attack: Attack) async throws { try await stand(attack) }

  @Test("V-19 R-024 R-025 R-216 peers that do not read", arguments: Attack.readers)
  func readers(_ attack: Attack) async throws { try await stand(attack) }

  @Test("R-027 R-215 R-219 R-223 streams that should not be", arguments: Attack.streams)
  func streams(_ attack: Attack) async throws { try await stand(attack) }

  /// V-19 allows so much more while it lasts.
  static let allowance = 64 << 20

  private func stand(_ attack: Attack) async throws {
    try await ServerProcess.during { server in
      let before = try server.resident
      let bystander = try Bystander(port: server.port)
      let port = server.port
      let served = try await bystander.call {
        try await onThread {
          for _ in 0..<AttackScale.factor { try attack.run(port: port) }
        }
      }
      let after = try await server.resident(below: before + Self.allowance)
      #expect(after - before < Self.allowance, "\(before) bytes before, \(after) after")
      #expect(served.calls > 0)
      print(
        "\(attack.name): \(served.calls) calls beside it, the longest \(Int(served.longest)) ms,",
        "\((after - before) >> 10) KiB more")
      try await server.expectService()
    }
  }
}
