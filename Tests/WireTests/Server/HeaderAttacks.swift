extension Attack {
  private static func refused(_ name: String, _ fields: @escaping @Sendable () -> RawFields)
    -> Attack
  {
    Attack(name, .survives) { client in
      for _ in 0..<20 {
        let answer = try client.answer(fields(), [])
        let isRefused = answer.http == "431" || answer.grpc == "8"
        guard isRefused else { throw WireError.unexpected("\(answer)") }
      }
    }
  }

  private static func list(_ count: Int, _ size: Int) -> RawFields {
    RawFields((0..<count).map { RawField("x-\($0)", String(repeating: "v", count: size)) })
  }

  /// V-19, R-022, R-213: what header blocks can do.
  static let headers: [Attack] = [
    refused("more bytes of headers than allowed") { RawClient.headers() + list(100, 150) },
    refused("more headers than allowed") { RawClient.headers() + list(300, 1) },
    Attack("headers over the limit before our SETTINGS are acknowledged", .survives) { client in
      client.wire.acknowledges = false
      let answer = try client.answer(RawClient.headers() + list(100, 150), [])
      guard answer.http == "431" || answer.grpc == "8" else {
        throw WireError.unexpected("\(answer)")
      }
      try client.wire.send(.settingsAck)
    },
    Attack("a mebibyte of headers", broken) { client in
      try client.wire.send(
        .block(client.takeStream(), RawClient.headers().encoded, endHeaders: false))
      for index in 0..<64 {
        let block = RawFields([RawField("x-\(index)", String(repeating: "v", count: 16_000))])
        try client.wire.send(.continuation(1, block.encoded))
      }
    },
    Attack("an HPACK bomb", .any) { client in try bomb(client, references: 14_000) },
    Attack("small HPACK bombs on many streams", .any) { client in
      for _ in 0..<100 { try bomb(client, references: 500) }
      try client.synchronize()
    },
    Attack("HPACK that cannot be read", broken) { client in
      try client.wire.send(.block(client.takeStream(), [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))
    },
    Attack("an index that is not there", broken) { client in
      try client.wire.send(.block(client.takeStream(), RawField.reference(5000)))
    },
    Attack("a table larger than allowed", broken) { client in
      try client.wire.send(
        .block(client.takeStream(), RawField.number(1 << 24, prefix: 5, first: 0x20)))
    },
    Attack("a table that shrinks and grows", .survives) { client in
      let turns = [[UInt8]](
        repeating: RawField.number(0, prefix: 5, first: 0x20)
          + RawField.number(4096, prefix: 5, first: 0x20), count: 1)
      for _ in 0..<2000 {
        let id = client.takeStream()
        try client.wire.send(
          .block(id, turns.flatMap { $0 } + RawClient.headers().encoded),
          .data(id, RawMessage.frame([]), end: true))
        let answer = try client.answer(to: id)
        guard answer.grpc == "0" else { throw WireError.unexpected("\(answer)") }
      }
    },
    Attack("a name of 60 KiB", .any) { client in
      let block = RawFields([RawField(String(repeating: "n", count: 60_000), "v")]).encoded
      try client.wire.send(.block(client.takeStream(), Array(block[..<16_000]), endHeaders: false))
      for start in stride(from: 16_000, to: block.count, by: 16_000) {
        let end = min(start + 16_000, block.count)
        try client.wire.send(
          .continuation(1, Array(block[start..<end]), endHeaders: end == block.count))
      }
    },
  ]

  /// One large entry in the table and a block that names it again and again.
  private static func bomb(_ client: RawClient, references: Int) throws {
    let large = RawField("x", String(repeating: "v", count: 4000))
    let block =
      RawClient.headers().encoded + large.indexed + [UInt8](repeating: 0xBE, count: references)
    try client.wire.send(.block(client.takeStream(), Array(block.prefix(16_000)), end: true))
  }
}
