import PorticoAPI
import RPC
import Testing

/// R-063 …: what a channel makes of servers that break the rules. Each call ends with the right code and by
/// itself; then the same channel is served by an honest peer at the same address.
@Suite(.serialized) struct MisbehaviourTests {
  @Test("R-063 R-064 R-065 R-066 R-067 R-075 a unary call", arguments: Misbehaviour.all)
  func unary(_ misbehaviour: Misbehaviour) async throws {
    let trial = try Trial(misbehaviour)
    let status = await trial.unary()
    #expect(misbehaviour.expected.contains(status.code), "\(misbehaviour.name): \(status)")
    await trial.expectHonestService()
    await trial.end()
  }

  @Test("R-063 R-064 R-065 R-066 R-067 R-075 a stream", arguments: Misbehaviour.all)
  func stream(_ misbehaviour: Misbehaviour) async throws {
    let trial = try Trial(misbehaviour)
    let status = await trial.stream()
    #expect(misbehaviour.streaming.contains(status.code), "\(misbehaviour.name): \(status)")
    await trial.expectHonestService()
    await trial.end()
  }

  @Test("there are enough of them, and no two are the same")
  func count() {
    #expect(Misbehaviour.all.count >= 100)
    #expect(Set(Misbehaviour.all.map(\.name)).count == Misbehaviour.all.count)
  }
}

/// One channel against one misbehaving server.
struct Trial {
  let misbehaviour: Misbehaviour
  let server: RawServer
  let channel: Channel

  init(_ misbehaviour: Misbehaviour) throws {
    self.misbehaviour = misbehaviour
    server = try RawServer(script: misbehaviour.script)
    var configuration = ChannelConfiguration()
    configuration.firstBackoff = .milliseconds(1)
    // A peer that says nothing keeps the channel connecting for so long: far longer than the call waits.
    if misbehaviour.expires { configuration.http2.handshakeTimeout = .seconds(3) }
    channel = try Channel("127.0.0.1:\(server.port)", configuration)
  }

  /// Short where the peer never answers; elsewhere so long that only a call that hangs reaches it.
  private var options: CallOptions {
    let seconds = misbehaviour.expires ? 0.2 : HangGuard.seconds
    return CallOptions(deadline: .after(.seconds(seconds)))
  }

  func unary() async -> Status {
    await Self.status {
      let answer = try await StreamsClient(channel).unary(PorticoTesting.Node(text: "x"), options)
      if answer.text != "x" { throw Status(.dataLoss, "another answer") }
    }
  }

  func stream() async -> Status {
    await Self.status {
      try await StreamsClient(channel).chat(options) { writer, responses in
        try await writer.write(PorticoTesting.Node(text: "x"))
        try await writer.finish()
        for try await _ in responses {}
      }
    }
  }

  func expectHonestService() async {
    server.release()
    var status = await honestCall()
    // The peer may still be hanging up: what was sent to it then is lost, and the next call finds another connection.
    for _ in 0..<3 where status.code == .unavailable { status = await honestCall() }
    #expect(status.code == .ok, "\(misbehaviour.name), the next call: \(status)")
  }

  private func honestCall() async -> Status {
    await Self.status {
      let options = CallOptions(deadline: .after(.seconds(HangGuard.seconds)), waitsForReady: true)
      let answer = try await StreamsClient(channel).unary(PorticoTesting.Node(text: "y"), options)
      if answer.text != "y" { throw Status(.dataLoss, "another answer") }
    }
  }

  func end() async {
    await channel.shutDown(grace: .zero)
    server.stop()
  }

  static func status(_ body: () async throws -> Void) async -> Status {
    do {
      try await body()
      return Status(.ok, "")
    } catch let status as Status {
      return status
    } catch {
      Issue.record("not a status: \(error)")
      return Status(.unknown, "\(error)")
    }
  }
}
