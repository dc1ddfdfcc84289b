import RPC

extension Misbehaviour {
  private static func broken(_ name: String, _ frames: RawFrame...) -> Misbehaviour {
    answer(name, .unavailable) { _ in frames }
  }

  /// The peer's rules, from strict to absurd.
  static let settings: [Misbehaviour] = [
    .once("no streams at first", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.streams: 0]))
      try peer.send(.settings([RawFrame.Setting.streams: 1]))
    },
    .once("one stream at a time", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.streams: 1]))
    },
    .once("a window of no bytes at first", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.window: 0]))
      let id = try peer.headers()
      var body: [UInt8] = []
      while body.count < request.count {
        try peer.send(.windowUpdate(id, 1))
        guard let frame = try peer.wire.until({ $0.kind == .data }) else { return }
        body += frame.payload
      }
      try peer.answer((id, body))
      try peer.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    .once("a window that turns negative", .ok) { peer in
      try peer.greet()
      let id = try peer.headers()
      try peer.send(
        .settings([RawFrame.Setting.window: 0]), .settings([RawFrame.Setting.window: 9]))
      try peer.answer((id, request))
      try peer.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    .once("no HPACK table", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.tableSize: 0]))
    },
    .once("a table of 4 GiB", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.tableSize: .max]))
    },
    .once("frames of 16 MiB", .ok) { peer in
      try peer.greet(.settings([RawFrame.Setting.frameSize: 0xFF_FFFF]))
    },
    .once("no header list", .ok, .internal, .resourceExhausted) { peer in
      try peer.greet(.settings([6: 0]))
    },
    .once("settings nobody knows", .ok) { peer in
      try peer.greet(.settings([0xBEEF: 1, 0: 7, 0xFFFF: .max]))
    },
    .once("frames of one byte", .unavailable) { peer in
      try peer.greet(.settings([RawFrame.Setting.frameSize: 1]))
      try peer.keepListening()
    },
    .once("a window of 4 GiB", .unavailable) { peer in
      try peer.greet(.settings([RawFrame.Setting.window: .max]))
      try peer.keepListening()
    },
    .once("ENABLE_PUSH 2", .unavailable) { peer in
      try peer.greet(.settings([RawFrame.Setting.push: 2]))
      try peer.keepListening()
    },
    .once("SETTINGS of five bytes", .unavailable) { peer in
      try peer.greet(RawFrame(kind: .settings, payload: [0, 3, 0, 0, 1]))
      try peer.keepListening()
    },
    .once("SETTINGS on a stream", .unavailable) { peer in
      try peer.greet(RawFrame(kind: .settings, stream: 1))
      try peer.keepListening()
    },
    .once("a SETTINGS flood", .ok, .unavailable) { peer in
      let id = try peer.call()
      for _ in 0..<200 {
        try peer.send([RawFrame](repeating: .settings([RawFrame.Setting.streams: 100]), count: 100))
      }
      try peer.answer(id)
    },
    .once("a SETTINGS with a thousand entries", .unavailable) { peer in
      try peer.greet(
        RawFrame(
          kind: .settings,
          payload: [[UInt8]](repeating: [0xBE, 0xEF, 0, 0, 0, 1], count: 1000).flatMap { $0 }))
      try peer.keepListening()
    },
    .once("acknowledges what was not asked", .unavailable, .ok) { peer in
      try peer.greet()
      try peer.send(.settingsAck, .settingsAck, .settingsAck)
    },
  ]

  static let frames: [Misbehaviour] = [
    .answer("PUSH_PROMISE", .unavailable) { id in
      [
        RawFrame(
          kind: .pushPromise, flags: RawFrame.Flag.endHeaders, stream: id,
          payload: RawFrame.big(2) + RawClient.headers().encoded)
      ]
    },
    .answer("DATA before HEADERS", .internal, .unavailable) { [.data($0, request)] },
    .answer("trailers before DATA", .internal, .unknown, .unavailable, streaming: nil) {
      [.headers($0, ["grpc-status": "0"], end: true), .data($0, request)]
    },
    .answer("DATA after the end", .ok) {
      [
        .headers($0, RawPeer.ok), .data($0, request), .headers($0, RawPeer.success, end: true),
        .data($0, request),
      ]
    },
    broken("DATA on a stream that is not", .data(99, request)),
    broken("DATA on stream 0", .data(0, request)),
    broken("HEADERS on a stream of the server's", .headers(2, RawPeer.ok)),
    broken("HEADERS on a stream that is not", .headers(99, RawPeer.ok)),
    broken("HEADERS on stream 0", .headers(0, RawPeer.ok)),
    broken("RST_STREAM on stream 0", .reset(0, 0)),
    broken("RST_STREAM on a stream that is not", .reset(99, 0)),
    broken("WINDOW_UPDATE of 0", .windowUpdate(0, 0)),
    broken(
      "WINDOW_UPDATE beyond 2^31", .windowUpdate(0, 0x7FFF_FFFF), .windowUpdate(0, 0x7FFF_FFFF)),
    broken("PING of five bytes", RawFrame(kind: .ping, payload: [1, 2, 3, 4, 5])),
    broken(
      "PING on a stream", RawFrame(kind: .ping, stream: 1, payload: [UInt8](repeating: 0, count: 8))
    ),
    broken("CONTINUATION from nowhere", .continuation(1, [], endHeaders: true)),
    broken("a frame over the size", .data(1, [UInt8](repeating: 0, count: 20_000))),
    broken(
      "padding longer than its frame",
      .headers(1, RawPeer.ok),
      RawFrame(kind: .data, flags: RawFrame.Flag.padded, stream: 1, payload: [200, 1, 2])),
    .answer("WINDOW_UPDATE of 0 on the stream", .internal, .unavailable) { [.windowUpdate($0, 0)] },
    .answer("WINDOW_UPDATE beyond 2^31 on the stream", .internal, .unavailable) {
      [.windowUpdate($0, 0x7FFF_FFFF), .windowUpdate($0, 0x7FFF_FFFF)]
    },
    .answer("frames nobody knows", .ok) { id in
      [
        RawFrame(kind: .unknown, flags: 255, payload: [1, 2, 3]),
        RawFrame(kind: .unknown, flags: 255, stream: id),
        RawFrame(kind: .init(rawValue: 0xA), payload: [0, 1, 0x78, 0x79]),
        RawFrame(kind: .init(rawValue: 0xC), payload: [0, 1, 0x78]), .priority(id, on: 0),
        .headers(id, RawPeer.ok), .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .once("a PING flood", .ok, .unavailable) { peer in
      let id = try peer.call()
      for _ in 0..<200 { try peer.send([RawFrame](repeating: .ping(), count: 100)) }
      try peer.answer(id)
    },
    .once("answers PINGs nobody sent", .ok) { peer in
      try peer.greet()
      try peer.send(.ping(7, ack: true), .ping(8, ack: true))
    },
    .once("a message beyond every window", .ok, .resourceExhausted, .unavailable, .internal) {
      peer in
      let id = try peer.call().id
      let child = [0x12] + RawField.varint(3 << 20) + [UInt8](repeating: 0x61, count: 3 << 20)
      let body = RawMessage.frame(
        [0x0A] + RawField.varint(child.count) + child + Array(request.dropFirst(5)))
      try peer.send(.headers(id, RawPeer.ok))
      for start in stride(from: 0, to: body.count, by: 16_384) {
        try peer.send(.data(id, Array(body[start..<min(start + 16_384, body.count)])))
      }
      try peer.send(.headers(id, RawPeer.success, end: true))
    },
  ]
}

extension RawPeer {
  func send(_ frames: [RawFrame]) throws { try wire.send(frames) }
}
