extension Misbehaviour {
  static let connections: [Misbehaviour] = [
    .once("closes at once", .unavailable) { $0.close() },
    .once("resets TCP at once", .unavailable) { $0.abort() },
    .once("closes after its SETTINGS", .unavailable, .ok) { peer in
      try peer.greet()
      peer.close()
    },
    .once("closes on the call's headers", .unavailable) { peer in
      _ = try peer.headers()
      peer.close()
    },
    .once("resets TCP on the call", .unavailable) { peer in
      _ = try peer.call()
      peer.abort()
    },
    .once("closes after its headers", .unavailable) { peer in
      try peer.send(.headers(try peer.call().id, RawPeer.ok))
      peer.close()
    },
    .once("closes inside a message", .unavailable) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok), .data(id, [0, 0, 0, 0, 9, 1]))
      peer.close()
    },
    .once("closes between message and trailers", .unavailable) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok), .data(id, request))
      peer.close()
    },
    .once("closes inside a frame", .unavailable) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok))
      try peer.wire.socket.write(Array(RawFrame.data(id, request).bytes.dropLast(3)))
      peer.close()
    },
    .once("ends its direction only", .unavailable) { peer in
      _ = try peer.call()
      peer.wire.socket.finish()
      try peer.keepListening()
    },
    .once("answers, then ends its direction", .ok) { peer in
      try peer.answer(try peer.call())
      peer.wire.socket.finish()
      try peer.keepListening()
    },
    .once("answers and closes in one breath", .ok) { peer in
      try peer.answer(try peer.call())
      peer.close()
    },
    .once("sends garbage", .unavailable) { peer in
      try peer.wire.socket.write([UInt8](repeating: 0xA5, count: 4096))
      try peer.keepSilent()
    },
    .once("sends zeros", .unavailable) { peer in
      try peer.wire.socket.write([UInt8](repeating: 0, count: 4096))
      try peer.keepSilent()
    },
    .once("answers HTTP/1.1", .unavailable) { peer in
      let text = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
      try peer.wire.socket.write(Array(text.utf8))
      peer.wire.socket.finish()
      try peer.keepSilent()
    },
    .once("sends a TLS alert", .unavailable) { peer in
      try peer.wire.socket.write([0x15, 3, 1, 0, 2, 2, 70])
      peer.wire.socket.finish()
      try peer.keepSilent()
    },
    .once("speaks before its SETTINGS", .unavailable) { peer in
      try peer.send(.ping(), .settings())
      try peer.keepSilent()
    },
    .once("is a client too", .unavailable) { peer in
      try peer.wire.socket.write(RawFrame.preface + RawFrame.settings().bytes)
      try peer.keepSilent()
    },
  ]

  /// Peers that never answer: only the caller's own clock ends the call.
  static let silences: [Misbehaviour] = [
    .once("never sends SETTINGS", .deadlineExceeded, expires: true) { $0.waitForRelease() },
    .once("never answers", .deadlineExceeded, expires: true) { peer in
      _ = try peer.call()
      peer.waitForRelease()
    },
    .once("sends headers and nothing else", .deadlineExceeded, expires: true) { peer in
      try peer.send(.headers(try peer.call().id, RawPeer.ok))
      peer.waitForRelease()
    },
    .once("stops inside a message", .deadlineExceeded, expires: true) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok), .data(id, [0, 0, 0, 0, 9, 1, 2]))
      peer.waitForRelease()
    },
    .once("sends everything but the trailers", .deadlineExceeded, expires: true) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok), .data(id, request))
      peer.waitForRelease()
    },
    .once("drips a message for ever", .deadlineExceeded, expires: true) { peer in
      let id = try peer.call().id
      try peer.send(.headers(id, RawPeer.ok), .data(id, [0, 0, 1, 0, 0]))
      // Each byte waits for an answer to a PING, which paces it without a clock.
      while true {
        try peer.send(.data(id, [7]), .ping(1))
        let isGone =
          try peer.wire.until {
            $0.kind == .reset || $0.kind == .ping && $0.flags == RawFrame.Flag.ack
          }?.kind != .ping
        if isGone { return }
      }
    },
    .once("lets no stream be opened", .deadlineExceeded, expires: true) { peer in
      try peer.greet(.settings([RawFrame.Setting.streams: 0]))
      peer.waitForRelease()
      try peer.send(.settings([RawFrame.Setting.streams: 100]))
    },
    .once("lets no byte be sent", .deadlineExceeded, expires: true) { peer in
      try peer.greet(.settings([RawFrame.Setting.window: 0]))
      peer.waitForRelease()
      try peer.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    .once("says GOAWAY for later streams and nothing else", .deadlineExceeded, expires: true) {
      peer in
      let id = try peer.call().id
      try peer.send(.goAway(last: id))
      peer.waitForRelease()
    },
  ]
}
