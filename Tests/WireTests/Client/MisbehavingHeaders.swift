import RPC

extension Misbehaviour {
  private static func first(_ name: String, _ expected: Status.Code..., fields: RawFields)
    -> Misbehaviour
  {
    Misbehaviour(name, codes: expected) { peer, index in
      guard index == 0 else { return }
      let id = try peer.call().id
      try peer.send(
        .headers(id, RawPeer.ok + fields), .data(id, request),
        .headers(id, RawPeer.success, end: true))
    }
  }

  private static func last(_ name: String, _ expected: Status.Code..., fields: RawFields)
    -> Misbehaviour
  {
    Misbehaviour(name, codes: expected) { peer, index in
      guard index == 0 else { return }
      let id = try peer.call().id
      try peer.send(
        .headers(id, RawPeer.ok), .data(id, request),
        .headers(id, RawPeer.success + fields, end: true))
    }
  }

  private static func large(_ count: Int, _ size: Int) -> RawFields {
    RawFields((0..<count).map { RawField("x-\($0)", String(repeating: "v", count: size)) })
  }

  private static func bytes(_ name: String, _ value: [UInt8]) -> RawFields {
    RawFields([RawField(name: Array(name.utf8), value: value)])
  }

  static let headerBlocks: [Misbehaviour] = [
    first("a header list over the limit", .resourceExhausted, fields: large(120, 110)),
    first("three hundred headers", .resourceExhausted, fields: large(300, 1)),
    last("trailers over the limit", .resourceExhausted, fields: large(120, 110)),
    last("three hundred trailers", .resourceExhausted, fields: large(300, 1)),
    first("an upper-case name", .internal, fields: ["X-Upper": "1"]),
    first("a name with a space", .internal, fields: ["x y": "1"]),
    first("an empty name", .internal, fields: ["": "1"]),
    first("a NUL in a value", .internal, fields: bytes("x", [0x61, 0, 0x62])),
    first("CR LF in a value", .internal, fields: bytes("x", [0x61, 13, 10, 0x62])),
    last("CR LF in a trailer", .internal, fields: bytes("x", [0x61, 13, 10, 0x62])),
    first("connection: close", .internal, fields: ["connection": "close"]),
    first("transfer-encoding: chunked", .internal, fields: ["transfer-encoding": "chunked"]),
    first("a content-length that is wrong", .internal, fields: ["content-length": "3"]),
    first(
      "two content-lengths", .internal, fields: ["content-length": "8", "content-length": "9"]),
    first("metadata that is no base64", .ok, fields: ["x-bin": "!!!!"]),
    first("metadata with raw bytes", .ok, fields: bytes("x", [0xE9, 0xFF])),
    first("grpc- names of its own", .ok, fields: ["grpc-server-stats-bin": "AAAA"]),
    .once("CONTINUATION without an end", .unavailable, .internal) { peer in
      let id = try peer.call().id
      let block = RawPeer.ok.encoded
      try peer.send(.block(id, block, endHeaders: false))
      for _ in 0..<1000 {
        try peer.send(.continuation(id, RawFields(dictionaryLiteral: ("x", "y")).encoded))
      }
      try peer.keepListening()
    },
    .once("empty CONTINUATIONs without an end", .unavailable, .internal) { peer in
      let id = try peer.call().id
      try peer.send(.block(id, RawPeer.ok.encoded, endHeaders: false))
      for _ in 0..<1000 { try peer.send(.continuation(id, [])) }
      try peer.keepListening()
    },
    .answer("headers in CONTINUATION, byte by byte", .ok) { id in
      // As few as the limit of frames a block allows.
      let block = RawPeer.ok.encoded
      return [
        .block(id, [], endHeaders: false), .continuation(id, Array(block.prefix(1))),
        .continuation(id, Array(block.dropFirst(1).prefix(7))),
        .continuation(id, Array(block.dropFirst(8)), endHeaders: true),
        .data(id, request), .headers(id, RawPeer.success, end: true),
      ]
    },
    .answer("a frame between HEADERS and CONTINUATION", .unavailable, .internal) { id in
      [
        .block(id, RawPeer.ok.encoded, endHeaders: false), .ping(),
        .continuation(id, [], endHeaders: true),
      ]
    },
    .answer("CONTINUATION of another stream", .unavailable, .internal) { id in
      [
        .block(id, RawPeer.ok.encoded, endHeaders: false),
        .continuation(id + 2, [], endHeaders: true),
      ]
    },
    .answer("HPACK that cannot be read", .unavailable, .internal) {
      [.block($0, [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])]
    },
    .answer("an HPACK index that is not there", .unavailable, .internal) {
      [.block($0, RawField.reference(1000))]
    },
    .answer("a table larger than allowed", .unavailable, .internal) {
      [.block($0, RawField.number(1 << 20, prefix: 5, first: 0x20))]
    },
    .answer("an HPACK bomb", .resourceExhausted, .unavailable) { id in
      let large = RawField("x", String(repeating: "v", count: 4000))
      let block = RawPeer.ok.encoded + large.indexed
      return [
        .block(id, block + [UInt8](repeating: 0xBE, count: 12_000)),
        .headers(id, RawPeer.success, end: true),
      ]
    },
  ]
}
