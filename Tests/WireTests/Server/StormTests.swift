import Foundation
import PorticoAPI
import RPC
import Synchronization
import Testing
import WellKnown

/// Many connections at once, cut, repeated, drained.
@Suite(.serialized) struct StormTests {
  @Test(
    "V-20 R-224 fifty connections of fifty streams, cut in mid-flight: memory and descriptors come back"
  )
  func cuts() async throws {
    try await ServerProcess.during { server in
      let port = server.port
      // What one round leaves is what a server that has seen such load keeps.
      try await onThread { try Self.cut(port, 0) }
      try await server.expectService()
      let before = try await server.resident(below: Self.calm)
      #expect(before < Self.calm, "one round left \(before) bytes")
      let descriptors = try server.descriptors
      let rounds = 10 * AttackScale.factor
      for round in 0..<rounds { try await onThread { try Self.cut(port, round) } }
      try await server.expectService()
      let limit = max(before + before / 10, Self.calm)
      let after = try await server.resident(below: limit)
      #expect(after <= limit, "\(before) bytes before, \(after) after")
      // Timers of the system's own may have come up; five hundred connections have come and gone.
      let left = try await server.descriptors(atMost: descriptors + 4)
      #expect(left <= descriptors + 4, "\(descriptors) descriptors before, \(left) after")
    }
  }

  @Test("V-20 R-224 five hundred connections at a time, round after round: memory stays flat")
  func rounds() async throws {
    try await ServerProcess.during { server in
      let port = server.port
      try await onThread { for _ in 0..<3 { try Self.visit(port) } }
      let before = try await server.resident(below: Self.calm)
      let rounds = 10 * AttackScale.factor
      for _ in 0..<rounds { try await onThread { try Self.visit(port) } }
      let limit = max(before + before / 10, Self.calm)
      let after = try await server.resident(below: limit)
      #expect(after <= limit, "\(before) bytes before, \(after) after")
    }
  }

  /// Many clients, each with a call that is answered, and all of them leave.
  private static func visit(_ port: Int) throws {
    let clients = try (0..<500).map { _ in try RawClient(port: port) }
    let calls = try clients.map { try $0.call() }
    for (client, call) in zip(clients, calls) {
      guard try client.answer(to: call).grpc == "0" else {
        throw WireError.unexpected("no service")
      }
    }
    for client in clients { client.close() }
  }

  /// Above this a server gives free memory back to the system, which takes it some seconds.
  private static let calm = 72 << 20

  /// Calls of three kinds, none of them finished.
  private static func cut(_ port: Int, _ round: Int) throws {
    let clients = try (0..<50).map { _ in try RawClient(port: port) }
    let answers = [UInt8]([0x12, 4, 0x08]) + RawField.varint(1 << 16)
    let order = RawMessage.frame([[UInt8]](repeating: answers, count: 100).flatMap { $0 })
    for client in clients {
      for stream in 0..<50 {
        switch stream % 3 {
        case 0: try client.call(RawClient.headers(Attack.output), order)
        case 1: try client.open(RawClient.headers(Attack.fullDuplex))
        default:
          let id = try client.open()
          try client.wire.send(.data(id, [0, 0, 0, 0, 100, 1, 2, 3]))
        }
      }
    }
    // Some are cut before the server has seen what they asked, some after, half of them without a word.
    for (index, client) in clients.enumerated() {
      if index.isMultiple(of: 3) { _ = try client.wire.next() }
      if (index + round).isMultiple(of: 2) { client.wire.socket.abort() } else { client.close() }
    }
  }

  @Test("R-222 connections that come and go by the thousand")
  func reconnects() async throws {
    try await ServerProcess.during { server in
      let port = server.port
      let before = try server.resident
      let bystander = try Bystander(port: port)
      let served = try await bystander.call {
        try await onThread {
          for index in 0..<2000 * AttackScale.factor {
            let client = try RawClient(port: port)
            if index.isMultiple(of: 2) { try client.call() }
            if index.isMultiple(of: 3) { client.wire.socket.abort() } else { client.close() }
          }
        }
      }
      #expect(served.calls > 0)
      try await server.expectService()
      let after = try await server.resident(below: before + 32 << 20)
      #expect(after < before + 32 << 20, "\(before) bytes before, \(after) after")
    }
  }

  @Test(
    "R-040 without descriptors for more connections the server neither spins nor fails those it has"
  )
  func descriptors() async throws {
    try await ServerProcess.during(descriptors: 64) { server in
      let port = server.port
      let channel = try Channel("127.0.0.1:\(port)")
      let client = NestingClient(channel)
      _ = try await client.echo(.init(text: "before"))
      let sockets = try await onThread { try (0..<150).map { _ in try Socket(port: port) } }
      let start = try server.processorTime
      for _ in 0..<100 {
        let answer = try await client.echo(.init(text: "during"))
        #expect(answer.text == "during")
        try await Task.sleep(for: .milliseconds(10))
      }
      // A loop that spins takes the whole second.
      let used = try server.processorTime - start
      #expect(used < 0.7, "\(used) s of the processor in about one")
      for socket in sockets { socket.close() }
      await channel.shutDown(grace: .zero)
      try await server.expectService()
    }
  }

  @Test(
    "V-21 R-032 SIGTERM under load: what runs finishes, idle clients do not matter, the process leaves with 0"
  )
  func drains() async throws {
    for round in 0..<10 * AttackScale.factor {
      try await ServerProcess.during { server in
        let port = server.port
        let idle = try await onThread {
          let clients = try (0..<10).map { _ in try RawClient(port: port) }
          for client in clients { _ = try client.answer() }
          return clients.map(\.wire.socket)
        }
        // In the first round nobody answers the server's farewell, in the others they do.
        if round > 0 {
          for socket in idle {
            Thread.detachNewThread { _ = Result { try RawConnection(socket).untilClosed() } }
          }
        }
        let channel = try Channel("127.0.0.1:\(port)")
        // The load is there before the signal, however late the machine lets it begin.
        let (firsts, first) = AsyncStream<Void>.makeStream()
        async let load = Self.load(channel, first: first)
        async let slow = Self.slow(channel) {
          for await _ in firsts { break }
          server.terminate()
        }
        let finished = try await slow
        #expect(finished == 5, "a call that ran when SIGTERM came had \(finished) of 5 answers")
        let status = try await server.status()
        #expect(status == 0)
        let (served, other) = await load
        #expect(served > 0)
        #expect(other == .unavailable, "calls after the drain")
        for socket in idle { socket.close() }
        await channel.shutDown(grace: .zero)
      }
    }
  }

  /// Calls until one is refused: how many were served, and what the last one met.
  private static func load(
    _ channel: RPC.Channel, first: AsyncStream<Void>.Continuation
  ) async -> (Int, Status.Code) {
    defer { first.finish() }
    var served = 0
    while true {
      let status = await Trial.status {
        let options = CallOptions(deadline: .after(.seconds(HangGuard.seconds)))
        _ = try await NestingClient(channel).echo(.init(text: "x"), options)
      }
      if status.code != .ok { return (served, status.code) }
      if served == 0 { first.yield() }
      served += 1
    }
  }

  /// Five answers, a tenth of a second apart; `started` is called with the first.
  private static func slow(
    _ channel: RPC.Channel, started: @Sendable () async -> Void
  ) async throws -> Int {
    let one = GrpcTesting.ResponseParameters(size: 1, intervalUs: 100_000)
    let request = GrpcTesting.StreamingOutputCallRequest(
      responseParameters: [GrpcTesting.ResponseParameters](repeating: one, count: 5))
    return try await TestClient(channel).streamingOutputCall(request) { responses in
      var count = 0
      for try await _ in responses {
        if count == 0 { await started() }
        count += 1
      }
      return count
    }
  }
}
