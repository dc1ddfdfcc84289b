// WireTests speaks HTTP/2 byte by byte with frames of its own, against the server and against the client: peers
// that break the rules, attack, stall or vanish. Nothing here uses nghttp2 or the HTTP2 module, so a mistake of
// theirs is not made twice.
//
// Kit: sockets, frames, HPACK. Client: servers that misbehave, and what the channel makes of each.
// Server: clients that attack, and that everybody else is served all the same.
import Foundation

/// How often the attacks repeat, times what the test command can afford: `PORTICO_ATTACK_SCALE=20 swift test`.
enum AttackScale {
  static let factor: Int = {
    let text = ProcessInfo.processInfo.environment["PORTICO_ATTACK_SCALE"] ?? ""
    return max(1, Int(text) ?? 1)
  }()
}

/// Limits that end a test which hangs; nothing is decided by them.
enum HangGuard {
  static let seconds = 60.0
}
