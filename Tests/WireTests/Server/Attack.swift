import Foundation
import PorticoAPI
import RPC
import Synchronization
import Testing

/// One way to harm a server, and what it must do about the connection it comes over.
struct Attack: Sendable, CustomTestStringConvertible {
  enum Outcome: Sendable, Equatable {
    /// The connection still serves.
    case survives
    /// The server says GOAWAY with one of these codes, if it comes to that, and closes.
    case closed([UInt32])
    /// It may do either.
    case any
  }

  let name: String
  let outcome: Outcome
  /// Gets the server's port. Throws `WireError.closed` where the server hung up while it was attacked.
  let script: @Sendable (RawClient) throws -> Void

  init(
    _ name: String, _ outcome: Outcome, script: @escaping @Sendable (RawClient) throws -> Void
  ) {
    self.name = name
    self.outcome = outcome
    self.script = script
  }

  var testDescription: String { name }

  static let calm = Outcome.closed([RawError.calm])
  static let broken = Outcome.closed([1, 2, 3, 5, 6, 9, 11])

  /// The attack on a connection of its own, and then the outcome.
  func run(port: Int) throws {
    let client = try RawClient(port: port)
    var hungUp = false
    do { try script(client) } catch WireError.closed { hungUp = true }
    switch outcome {
    case .survives:
      guard !hungUp else {
        throw WireError.unexpected("closed with \(String(describing: try client.untilClosed()))")
      }
      var answer = try client.answer()
      // Handlers that were cancelled hold their places until they have ended.
      for _ in 0..<1000 where answer.grpc == "8" { answer = try client.answer() }
      guard answer.grpc == "0" else { throw WireError.unexpected("\(answer)") }
    case .closed(let codes):
      let code = try client.untilClosed()
      if let code, !codes.contains(code) { throw WireError.unexpected("GOAWAY \(code)") }
      if code == nil, !hungUp, codes == [RawError.calm] {
        throw WireError.unexpected("closed without a word")
      }
    case .any: break
    }
    client.close()
  }
}

/// Somebody else, who is served all the while.
final class Bystander: Sendable {
  private let channel: Channel
  private let isDone = Mutex(false)

  init(port: Int) throws { channel = try Channel("127.0.0.1:\(port)") }

  /// Calls until the attack is over: how many there were, and the longest in milliseconds.
  func call(until attack: @escaping @Sendable () async throws -> Void) async throws
    -> (calls: Int, longest: Double)
  {
    async let harm: Void = {
      defer { isDone.withLock { $0 = true } }
      try await attack()
    }()
    var calls = 0
    var longest = 0.0
    repeat {
      let start = ContinuousClock.now
      let text = "\(calls)"
      let options = CallOptions(deadline: .after(.seconds(HangGuard.seconds)))
      let answer = try await NestingClient(channel).echo(.init(text: text), options)
      #expect(answer.text == text)
      calls += 1
      longest = max(longest, (ContinuousClock.now - start) / .milliseconds(1))
    } while !isDone.withLock { $0 }
    try await harm
    await channel.shutDown(grace: .zero)
    return (calls, longest)
  }
}
