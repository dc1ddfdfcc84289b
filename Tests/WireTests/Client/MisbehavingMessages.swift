import RPC

extension Misbehaviour {
  private static func body(
    _ name: String, _ expected: Status.Code..., streaming: [Status.Code]? = nil,
    encoding: String? = nil, status: String = "0", sending bytes: [UInt8]
  ) -> Misbehaviour {
    Misbehaviour(name, codes: expected, streaming: streaming) { peer, index in
      guard index == 0 else { return }
      let id = try peer.call().id
      var fields = RawPeer.ok
      if let encoding { fields.append(RawField("grpc-encoding", encoding)) }
      try peer.wire.send(
        [.headers(id, fields)] + pieces(id, bytes)
          + [.headers(id, ["grpc-status": status], end: true)])
    }
  }

  private static func pieces(_ id: UInt32, _ bytes: [UInt8]) -> [RawFrame] {
    stride(from: 0, to: bytes.count, by: 16_384).map {
      .data(id, Array(bytes[$0..<min($0 + 16_384, bytes.count)]))
    }
  }

  private static let text = Array(request.dropFirst(5))

  /// messages that are none.
  static let messages: [Misbehaviour] = [
    body("a cut message", .internal, sending: [0, 0, 0, 0, 9, 1]),
    body("a cut prefix", .internal, sending: [0, 0, 0]),
    body("a whole message and a cut one", .internal, sending: request + [0, 0]),
    body("a cut message under an error", .notFound, status: "5", sending: [0, 0, 0, 0, 9, 1]),
    body("no message", .internal, .unimplemented, streaming: [.ok], sending: []),
    body("two messages", .internal, .unimplemented, streaming: [.ok], sending: request + request),
    body("ten thousand messages", .internal, .unimplemented, streaming: [.ok], sending: many),
    body("flag byte 2", .internal, sending: RawMessage.frame(text, flag: 2)),
    body("flag byte 255", .internal, sending: RawMessage.frame(text, flag: 255)),
    body("flag 1 without an encoding", .internal, sending: RawMessage.frame(text, flag: 1)),
    body(
      "flag 1 with identity", .internal, encoding: "identity",
      sending: RawMessage.frame(text, flag: 1)),
    body(
      "snappy", .internal, .unimplemented, encoding: "snappy",
      sending: RawMessage.frame(text, flag: 1)),
    body(
      "an empty encoding", .internal, .unimplemented, encoding: "",
      sending: RawMessage.frame(text, flag: 1)),
    body("gzip", .ok, encoding: "gzip", sending: RawMessage.frame(Gzip.pack(text), flag: 1)),
    body("gzip announced, not used", .ok, encoding: "gzip", sending: request),
    body(
      "gzip that is none", .internal, encoding: "gzip",
      sending: RawMessage.frame([UInt8](repeating: 0x5A, count: 64), flag: 1)),
    body("an empty gzip", .internal, encoding: "gzip", sending: RawMessage.frame([], flag: 1)),
    body(
      "gzip cut short", .internal, encoding: "gzip",
      sending: RawMessage.frame(Array(Gzip.pack(text).dropLast(4)), flag: 1)),
    body(
      "gzip with a wrong sum", .internal, encoding: "gzip",
      sending: RawMessage.frame(Gzip.spoiled(text), flag: 1)),
    body(
      "gzip with a tail", .internal, encoding: "gzip",
      sending: RawMessage.frame(Gzip.pack(text) + [1, 2, 3], flag: 1)),
    body(
      "a gzip bomb", .resourceExhausted, encoding: "gzip",
      sending: RawMessage.frame(Gzip.bomb, flag: 1)),
    body("4 GiB declared", .resourceExhausted, sending: RawMessage.frame([], length: .max)),
    body(
      "4 GiB declared, compressed", .resourceExhausted, encoding: "gzip",
      sending: RawMessage.frame([], flag: 1, length: .max)),
    body(
      "one byte over the limit", .resourceExhausted,
      sending: RawMessage.frame([], length: 4 * 1024 * 1024 + 1)),
    body("no protobuf", .internal, sending: RawMessage.frame([0xFF, 0xFF])),
    body("a text that is no UTF-8", .internal, sending: RawMessage.frame([0x12, 1, 0xFF])),
    body("a text with a NUL", .internal, sending: RawMessage.frame([0x12, 1, 0])),
    body(
      "10 000 levels", .internal, .resourceExhausted,
      sending: RawMessage.frame(Nested.levels(10_000))),
    body(
      "4 MiB of empty sub-messages", .resourceExhausted,
      sending: RawMessage.frame(Nested.empties(4 << 20))),
    .answer("bytes one by one", .ok) { id in
      [.headers(id, RawPeer.ok)] + request.map { .data(id, [$0]) }
        + [.headers(id, RawPeer.success, end: true)]
    },
    .answer("padding of 255 around every byte", .ok) { id in
      [.headers(id, RawPeer.ok)] + request.map { .padded(id, [$0], padding: 255) }
        + [.headers(id, RawPeer.success, end: true)]
    },
    .answer("a thousand empty frames", .ok) { id in
      [.headers(id, RawPeer.ok)] + [RawFrame](repeating: .data(id, []), count: 1000)
        + [.data(id, request), .headers(id, RawPeer.success, end: true)]
    },
  ]

  private static let many = [[UInt8]](repeating: request, count: 10_000).flatMap { $0 }
}

/// Messages of `portico.testing.v1.Node` that cost more than they weigh.
enum Nested {
  /// `child` in `child`, so many levels.
  static func levels(_ count: Int) -> [UInt8] {
    var reversed: [UInt8] = []
    for _ in 0..<count {
      // The length in front of what is there, written backwards.
      reversed += RawField.varint(reversed.count).reversed() + [0x0A]
    }
    return reversed.reversed()
  }

  /// `children`, all empty: two bytes each.
  static func empties(_ size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      for index in 0..<size { buffer[index] = index.isMultiple(of: 2) ? 0x1A : 0 }
      count = size
    }
  }

  /// Unknown fields of two bytes.
  static func unknown(_ size: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      for index in 0..<size { buffer[index] = index.isMultiple(of: 2) ? 0x78 : 1 }
      count = size
    }
  }
}

extension RawField {
  static func varint(_ value: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
