extension Attack {
  /// Asks for so many answers of 64 KiB.
  private static func order(_ count: Int) -> [UInt8] {
    let one = [UInt8]([0x12, 4, 0x08]) + RawField.varint(1 << 16)
    return RawMessage.frame([[UInt8]](repeating: one, count: count).flatMap { $0 })
  }

  static let output = "/grpc.testing.TestService/StreamingOutputCall"

  /// V-19, R-024, R-025, R-216: whoever does not read costs no memory.
  static let readers: [Attack] = [
    Attack("fifty answers of 64 MiB and a window of nothing", .survives) { client in
      try client.wire.send(.settings([RawFrame.Setting.window: 0]))
      let ids = try (0..<50).map { _ in try client.call(RawClient.headers(output), order(1000)) }
      try client.synchronize()
      try client.wire.send(ids.map { .reset($0, RawError.cancel) })
      try client.wire.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    Attack("windows of one byte", .survives) { client in
      try client.wire.send(.settings([RawFrame.Setting.window: 0]))
      let ids = try (0..<50).map { _ in try client.call(RawClient.headers(output), order(1000)) }
      for _ in 0..<100 { try client.wire.send(ids.map { .windowUpdate($0, 1) }) }
      try client.synchronize()
      try client.wire.send(ids.map { .reset($0, RawError.cancel) })
      try client.wire.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    Attack("large windows and a socket that nobody reads", .any) { client in
      try client.wire.send(
        .settings([RawFrame.Setting.window: 0x7FFF_FFFF]), .windowUpdate(0, 0x7FFF_0000))
      for _ in 0..<50 { try client.call(RawClient.headers(output), order(1000)) }
      // Long enough for the server to have filled what it will fill: another connection's calls go through it meanwhile.
      let other = try RawClient(port: client.wire.socket.peerPort)
      for _ in 0..<200 { _ = try other.answer() }
      other.close()
    },
    Attack("a window that is taken back", .survives) { client in
      let ids = try (0..<50).map { _ in try client.call(RawClient.headers(output), order(1000)) }
      for turn in 0..<20 as Range<UInt32> {
        try client.wire.send(.settings([RawFrame.Setting.window: turn % 2 * 65_535]))
      }
      try client.synchronize()
      try client.wire.send(ids.map { .reset($0, RawError.cancel) })
      try client.wire.send(.settings([RawFrame.Setting.window: 65_535]))
    },
    Attack("uploads that are never finished", .survives) { client in
      for _ in 0..<200 {
        let id = try client.open()
        try client.wire.send(.data(id, [0, 0, 1, 0, 0, 1, 2, 3]))
      }
      try client.synchronize()
    },
  ]

  private static func rejected(
    _ name: String, _ fields: RawFields, codes: Set<UInt32> = [RawError.protocol]
  ) -> Attack {
    Attack(name, .survives) { client in
      let answer = try client.answer(fields)
      guard let reset = answer.reset, codes.contains(reset) else {
        throw WireError.unexpected("\(answer)")
      }
    }
  }

  private static func value(_ bytes: [UInt8]) -> RawFields {
    RawClient.headers() + RawFields([RawField(name: Array("x".utf8), value: bytes)])
  }

  /// Resets as many streams as may be open, and waits until their handlers have noticed: until then they keep their
  /// places.
  private static func cancel(_ ids: [UInt32], _ client: RawClient) throws {
    try client.wire.send(ids.map { .reset($0, RawError.cancel) })
    for _ in 0..<1000 where try client.answer().grpc == "8" {}
  }

  static let streams: [Attack] = [
    Attack("more streams than allowed, before our SETTINGS are read", .survives) { client in
      let ids = try (0..<3000).map { _ in try client.open(RawClient.headers(fullDuplex)) }
      // PING overtakes what waits, so that one answer to it is not the end.
      var refused = 0
      for _ in 0..<100 where refused < 2000 {
        try client.synchronize()
        refused = ids.count { client.isAnswered($0) }
      }
      guard refused >= 2000 else { throw WireError.unexpected("\(refused) refused") }
      for id in ids where client.isAnswered(id) {
        let answer = try client.answer(to: id)
        guard answer.reset == RawError.refused || answer.grpc == "8" else {
          throw WireError.unexpected("\(answer)")
        }
      }
      try cancel(Array(ids.filter { !client.isAnswered($0) }.prefix(1000)), client)
    },
    Attack("more streams than allowed, after our SETTINGS were read", .survives) { client in
      try client.synchronize()
      let ids = try (0..<3000).map { _ in try client.open(RawClient.headers(fullDuplex)) }
      for id in ids.suffix(2000) {
        let answer = try client.answer(to: id)
        guard answer.reset == RawError.refused else { throw WireError.unexpected("\(answer)") }
      }
      try cancel(Array(ids.prefix(1000)), client)
    },
    Attack("an even stream", broken) { client in
      try client.wire.send(.headers(2, RawClient.headers()))
    },
    Attack("a stream that goes back", .any) { client in
      try client.wire.send(
        .headers(9, RawClient.headers(), end: true), .headers(5, RawClient.headers(), end: true))
    },
    Attack("stream 0", broken) { client in
      try client.wire.send(.headers(0, RawClient.headers()))
    },
    Attack("DATA on a stream that is not", broken) { try $0.wire.send(.data(7, [1])) },
    Attack("a frame over the size", broken) { client in
      let id = try client.open()
      try client.wire.send(.data(id, [UInt8](repeating: 0, count: 20_000)))
    },
    Attack("a length of 16 MiB", broken) { client in
      try client.wire.send(RawFrame(kind: .headers, stream: 1, declaredLength: 0xFF_FFFF))
    },
    Attack("padding longer than its frame", broken) { client in
      let id = try client.open()
      try client.wire.send(
        RawFrame(kind: .data, flags: RawFrame.Flag.padded, stream: id, payload: [200, 1]))
    },
    Attack("PUSH_PROMISE from a client", broken) { client in
      let id = try client.open()
      try client.wire.send(
        RawFrame(
          kind: .pushPromise, flags: 4, stream: id,
          payload: RawFrame.big(2) + RawClient.headers().encoded))
    },
    Attack("WINDOW_UPDATE beyond 2^31", broken) { try $0.wire.send(.windowUpdate(0, 0x7FFF_FFFF)) },
    Attack("a window of 4 GiB", broken) { try $0.wire.send(.settings([4: .max])) },
    rejected("connection: keep-alive", RawClient.headers() + ["connection": "keep-alive"]),
    rejected("transfer-encoding: chunked", RawClient.headers() + ["transfer-encoding": "chunked"]),
    rejected("te: gzip", RawClient.headers() + ["te": "gzip"]),
    rejected("an upper-case name", RawClient.headers() + ["Host": "x"]),
    rejected("an unknown pseudo-header", [":shadow": "x"] + RawClient.headers()),
    rejected("a pseudo-header at the end", RawClient.headers() + [":path": "/x"]),
    rejected("CR LF in a value", value([0x61, 13, 10, 0x62])),
    rejected("NUL in a value", value([0x61, 0])),
    rejected("LF in the path", RawClient.headers("/a\nb")),
    Attack("all the codes of RST_STREAM", .survives) { client in
      for code in 0..<20 as Range<UInt32> {
        let id = try client.open()
        try client.wire.send(.reset(id, code))
      }
    },
    Attack("GOAWAY, and on", .any) { client in
      try client.wire.send(.goAway(last: 0, 2, "bye"))
      try client.open()
    },
    Attack("bad timeouts", .survives) { client in
      for text in ["", "1", "S", "-1S", "999999999S", "1 S", "1x", "99999999H", "1S1S"] {
        let answer = try client.answer(RawClient.headers() + ["grpc-timeout": text])
        guard answer.grpc != nil else { throw WireError.unexpected("\(text): \(answer)") }
      }
    },
    Attack("bad paths", .survives) { client in
      let good = RawClient.echo
      let paths = [
        "", "/", "*", String(good.dropFirst()), "/" + good, good + "/", good + "?x=1", good + "#x",
        good.lowercased(), good + "\u{0}", "/%70ortico.testing.v1.Nesting/Echo",
        String(repeating: "/a", count: 4000),
      ]
      for path in paths {
        let answer = try client.answer(RawClient.headers(path))
        let isRefused = answer.reset != nil || answer.grpc == "12" || answer.http == "431"
        guard isRefused else { throw WireError.unexpected("\(path): \(answer)") }
      }
    },
  ]
}
