extension Attack {
  /// More than the largest budget forgives on a slow machine; most are stopped long before.
  private static let many = 60_000 * AttackScale.factor

  /// The same frames again and again, in writes of a hundred, until the server has had enough.
  private static func flood(
    _ name: String, _ outcome: Outcome, times: Int = many, after: RawFrame? = nil,
    frames: @escaping @Sendable (RawClient) -> [RawFrame]
  ) -> Attack {
    Attack(name, outcome) { client in
      if let after { try client.wire.send(after) }
      for _ in 0..<(times / 100) {
        try client.wire.send((0..<100).flatMap { _ in frames(client) })
      }
      try client.synchronize()
    }
  }

  private static func stream(
    _ name: String, times: Int = 6000, frames: @escaping @Sendable (UInt32) -> [RawFrame]
  ) -> Attack {
    // libnghttp2 takes some of these as faults of the connection, which ends it sooner.
    flood(name, .closed([1, 5, RawError.calm]), times: times) { frames($0.takeStream()) }
  }

  /// V-19, R-211: streams opened and reset by the client.
  static let rapidResets: [Attack] = [
    flood("rapid reset", calm) {
      let id = $0.takeStream()
      return [.headers(id, RawClient.headers()), .reset(id, RawError.cancel)]
    },
    flood("rapid reset of whole calls", calm) {
      let id = $0.takeStream()
      return [
        .headers(id, RawClient.headers()), .data(id, RawMessage.frame([]), end: true),
        .reset(id, RawError.cancel),
      ]
    },
    flood("rapid reset of nonsense", calm) {
      let id = $0.takeStream()
      return [.headers(id, RawClient.headers("/nothing"), end: true), .reset(id, RawError.cancel)]
    },
  ]

  private static func open(_ id: UInt32) -> RawFrame { .headers(id, RawClient.headers()) }

  /// V-19, R-212: streams that the server is made to reset.
  static let madeYouResets: [Attack] = [
    stream("MadeYouReset: WINDOW_UPDATE of 0") { [open($0), .windowUpdate($0, 0)] },
    stream("MadeYouReset: WINDOW_UPDATE beyond 2^31") {
      [open($0), .windowUpdate($0, 0x7FFF_FFFF)]
    },
    stream("MadeYouReset: DATA after the end") {
      [.headers($0, RawClient.headers(), end: true), .data($0, [0])]
    },
    stream("MadeYouReset: HEADERS after the end") {
      [.headers($0, RawClient.headers(), end: true), .headers($0, ["x": "y"], end: true)]
    },
    stream("MadeYouReset: trailers without an end") { [open($0), .headers($0, ["x": "y"])] },
    stream("MadeYouReset: depends on itself") {
      [
        RawFrame(
          kind: .headers, flags: RawFrame.Flag.endHeaders | RawFrame.Flag.priority, stream: $0,
          payload: RawFrame.big($0) + [0] + RawClient.headers().encoded)
      ]
    },
    stream("MadeYouReset: an upper-case name") {
      [.headers($0, RawClient.headers() + ["X": "y"])]
    },
    stream("MadeYouReset: a wrong content-length") {
      [.headers($0, RawClient.headers() + ["content-length": "9"]), .data($0, [0], end: true)]
    },
    stream("MadeYouReset: no path") {
      [.headers($0, [":method": "POST", ":scheme": "http"])]
    },
  ]

  /// V-19, R-214: frames that cost the sender little.
  static let floods: [Attack] = [
    flood("SETTINGS flood", calm) { _ in [.settings()] },
    flood("SETTINGS flood with values", calm) { _ in [.settings([4: 65_535, 1: 0])] },
    flood("SETTINGS flood that moves the windows", calm) { _ in
      [.settings([4: 0]), .settings([4: 0x7FFF_FFFF])]
    },
    flood("PING flood", calm) { _ in [.ping()] },
    flood("PING acknowledgement flood", calm) { _ in [.ping(ack: true)] },
    flood("PRIORITY flood", calm) { _ in [.priority(5, on: 3)] },
    flood("unknown frame flood", calm) { _ in [RawFrame(kind: .unknown, payload: [0])] },
    flood("WINDOW_UPDATE flood", calm) { _ in [.windowUpdate(0, 1)] },
    flood("empty DATA flood", calm, after: opened) { _ in [.data(openedStream, [])] },
    flood("padding flood", calm, after: opened) { _ in
      [.padded(openedStream, [], padding: 0)]
    },
    flood("WINDOW_UPDATE flood on a stream", calm, after: opened) { _ in
      [.windowUpdate(openedStream, 1)]
    },
    Attack("CONTINUATION flood", broken) { client in
      let id = client.takeStream()
      try client.wire.send(.block(id, [], endHeaders: false))
      for _ in 0..<(many / 10) {
        try client.wire.send(.continuation(id, (["x": "y"] as RawFields).encoded))
      }
    },
    Attack("empty CONTINUATION flood", broken) { client in
      let id = client.takeStream()
      try client.wire.send(.block(id, RawClient.headers().encoded, endHeaders: false))
      for _ in 0..<(many / 10) { try client.wire.send(.continuation(id, [])) }
    },
    Attack("SETTINGS flood that reads no answer", .any) { client in
      client.wire.acknowledges = false
      for _ in 0..<(many / 100) {
        try client.wire.send([RawFrame](repeating: .settings(), count: 100))
      }
    },
    Attack("PING flood that reads no answer", .any) { client in
      for _ in 0..<(many / 100) {
        try client.wire.send([RawFrame](repeating: .ping(), count: 100))
      }
    },
  ]

  private static let openedStream: UInt32 = 1
  private static let opened = RawFrame.headers(1, RawClient.headers(fullDuplex))
  static let fullDuplex = "/grpc.testing.TestService/FullDuplexCall"
}
