import RPC

extension Misbehaviour {
  /// what RST_STREAM says, wherever in the answer it comes.
  static let resets: [Misbehaviour] =
    codes.flatMap { code, name, expected in
      [
        Misbehaviour("RST_STREAM(\(name)) at once", codes: expected) { peer, index in
          if index == 0 || code == RawError.refused { try refuse(peer, code) }
        },
        Misbehaviour("RST_STREAM(\(name)) after headers", codes: expected) { peer, index in
          guard index == 0 else { return }
          let id = try peer.call().id
          try peer.send(.headers(id, RawPeer.ok), .reset(id, code))
        },
        Misbehaviour("RST_STREAM(\(name)) after the message", codes: expected) { peer, index in
          guard index == 0 else { return }
          let id = try peer.call().id
          try peer.send(.headers(id, RawPeer.ok), .data(id, request), .reset(id, code))
        },
      ]
    } + [
      .once("REFUSED_STREAM once", .ok) { peer in
        try peer.send(.reset(try peer.call().id, RawError.refused))
      }
    ]

  /// Two refusals end the call: one retry is free.
  private static func refuse(_ peer: RawPeer, _ code: UInt32) throws {
    let times = code == RawError.refused ? 2 : 1
    for _ in 0..<times { try peer.send(.reset(try peer.call().id, code)) }
  }

  private static let codes: [(UInt32, String, [Status.Code])] = [
    (0, "NO_ERROR", [.internal]), (1, "PROTOCOL_ERROR", [.internal]),
    (2, "INTERNAL_ERROR", [.internal]), (3, "FLOW_CONTROL_ERROR", [.internal]),
    (4, "SETTINGS_TIMEOUT", [.internal]), (5, "STREAM_CLOSED", [.internal]),
    (6, "FRAME_SIZE_ERROR", [.internal]), (7, "REFUSED_STREAM", [.unavailable]),
    (8, "CANCEL", [.cancelled]), (9, "COMPRESSION_ERROR", [.internal]),
    (10, "CONNECT_ERROR", [.internal]), (11, "ENHANCE_YOUR_CALM", [.resourceExhausted]),
    (12, "INADEQUATE_SECURITY", [.permissionDenied]),
    (13, "HTTP_1_1_REQUIRED", [.internal, .unknown]), (0xFFFF, "65535", [.internal, .unknown]),
  ]

  private static let all31: UInt32 = 0x7FFF_FFFF

  ///
  static let goAways: [Misbehaviour] = [
    .once("GOAWAY that took nothing", .ok) { peer in
      _ = try peer.call()
      try peer.send(.goAway(last: 0))
      try peer.keepListening()
    },
    .once("GOAWAY that took nothing, and closes", .ok) { peer in
      _ = try peer.call()
      try peer.send(.goAway(last: 0))
      peer.close()
    },
    .once("GOAWAY before the call", .ok) { peer in
      try peer.greet()
      try peer.send(.goAway(last: 0))
      try peer.keepListening()
    },
    .once("GOAWAY, then the answer", .ok) { peer in
      let call = try peer.call()
      try peer.send(.goAway(last: call.id))
      try peer.answer(call)
      try peer.keepListening()
    },
    .once("GOAWAY in the middle of the answer", .ok) { peer in
      let call = try peer.call()
      try peer.send(.headers(call.id, RawPeer.ok), .goAway(last: call.id))
      try peer.send(
        .data(call.id, call.body), .headers(call.id, RawPeer.success, end: true))
      try peer.keepListening()
    },
    .once("two GOAWAYs, then the answer", .ok) { peer in
      let call = try peer.call()
      try peer.send(.goAway(last: all31), .goAway(last: call.id))
      try peer.answer(call)
      try peer.keepListening()
    },
    .once("two GOAWAYs, the second takes nothing", .ok) { peer in
      _ = try peer.call()
      try peer.send(.goAway(last: all31), .goAway(last: 0))
      try peer.keepListening()
    },
    .once("a GOAWAY that takes back", .unavailable, .ok) { peer in
      let id = try peer.call().id
      try peer.send(.goAway(last: 0), .goAway(last: id))
      peer.close()
    },
    .once("GOAWAY for later streams, and closes", .unavailable) { peer in
      let id = try peer.call().id
      try peer.send(.goAway(last: id))
      peer.close()
    },
    .once("GOAWAY(ENHANCE_YOUR_CALM), and closes", .unavailable, .resourceExhausted) { peer in
      let id = try peer.call().id
      try peer.send(.goAway(last: id, RawError.calm, "too_many_pings"))
      peer.close()
    },
    .once("GOAWAY(INTERNAL_ERROR) and silence", .unavailable) { peer in
      let id = try peer.call().id
      try peer.send(.goAway(last: id, RawError.internal, "broken"))
      try peer.keepListening()
    },
    .once("GOAWAY(PROTOCOL_ERROR) that took nothing", .ok, .unavailable) { peer in
      _ = try peer.call()
      try peer.send(.goAway(last: 0, RawError.protocol))
      peer.close()
    },
    .once("GOAWAY on a stream", .unavailable) { peer in
      _ = try peer.call()
      var frame = RawFrame.goAway(last: all31)
      frame.stream = 1
      try peer.send(frame)
      try peer.keepListening()
    },
  ]
}
