import PorticoAPI
import RPC
import Testing

/// One way for a server to be wrong, or odd but within its rights, and what a call must make of it.
struct Misbehaviour: Sendable, CustomTestStringConvertible {
  let name: String
  /// The codes that a unary call may end with. More than one where the specification leaves it open, or where the
  /// peer's two events race.
  let expected: [Status.Code]
  /// The same for a bidirectional call, where it differs.
  let streaming: [Status.Code]
  /// The call is made with a short deadline.
  let expires: Bool
  let script: RawServer.Script

  init(
    _ name: String, codes: [Status.Code], streaming: [Status.Code]? = nil, expires: Bool = false,
    script: @escaping RawServer.Script
  ) {
    self.name = name
    expected = codes
    self.streaming = streaming ?? codes
    self.expires = expires
    self.script = script
  }

  /// A script for the first connection; later ones are honest.
  static func once(
    _ name: String, _ expected: Status.Code..., streaming: [Status.Code]? = nil,
    expires: Bool = false, script: @escaping @Sendable (RawPeer) throws -> Void
  ) -> Misbehaviour {
    Misbehaviour(name, codes: expected, streaming: streaming, expires: expires) { peer, index in
      if index == 0 { try script(peer) }
    }
  }

  /// The first call is answered with these frames, the next ones honestly.
  static func answer(
    _ name: String, _ expected: Status.Code..., streaming: [Status.Code]? = nil,
    frames: @escaping @Sendable (UInt32) -> [RawFrame]
  ) -> Misbehaviour {
    Misbehaviour(name, codes: expected, streaming: streaming) { peer, index in
      if index == 0 { try peer.wire.send(frames(try peer.call().id)) }
    }
  }

  var testDescription: String { name }

  static let all =
    connections + httpStatuses + statuses + trailers + messages + headerBlocks + resets + goAways
    + settings + frames + silences

  /// What the call sends, as a message with its prefix: an honest answer repeats it.
  static let request = RawMessage.frame([0x12, 1, 0x78])
}
