extension Attack {
  private static func message(
    _ name: String, times: Int, codes: Set<String>, encoding: String? = nil,
    _ body: @escaping @Sendable () -> [UInt8]
  ) -> Attack {
    Attack(name, .survives) { client in
      let bytes = body()
      let fields =
        RawClient.headers() + (encoding.map { ["grpc-encoding": $0] as RawFields } ?? [:])
      for _ in 0..<times {
        let answer = try client.upload(fields, bytes)
        guard codes.contains(answer.grpc ?? "") else {
          throw WireError.unexpected("\(answer.grpc ?? "no status")")
        }
      }
    }
  }

  private static let limit = 4 << 20

  /// R-012, R-013, R-121, R-122, R-223: messages that cost more than they weigh.
  static let messages: [Attack] = [
    message("10 000 levels in 34 kB", times: 10, codes: ["13", "3", "8"]) {
      RawMessage.frame(Nested.levels(10_000))
    },
    message("4 MiB of levels", times: 2, codes: ["13", "3", "8"]) {
      RawMessage.frame(Nested.levels(900_000))
    },
    message("4 MiB of empty sub-messages", times: 2, codes: ["8"]) {
      RawMessage.frame(Nested.empties(limit))
    },
    message("4 MiB of unknown fields", times: 2, codes: ["8"]) {
      RawMessage.frame(Nested.unknown(limit))
    },
    message("4 MiB that are text", times: 2, codes: ["0"]) {
      let count = limit - 5
      return RawMessage.frame(
        [0x12] + RawField.varint(count) + [UInt8](repeating: 0x61, count: count))
    },
    message("4 GiB declared", times: 100, codes: ["8"]) { RawMessage.frame([], length: .max) },
    message("4 GiB declared, compressed", times: 100, codes: ["8"], encoding: "gzip") {
      RawMessage.frame([], flag: 1, length: .max)
    },
    message("a length one below the limit, and nothing", times: 100, codes: ["13"]) {
      RawMessage.frame([], length: UInt32(limit) - 1)
    },
    message("gzip that is none", times: 100, codes: ["13"], encoding: "gzip") {
      RawMessage.frame([UInt8](repeating: 7, count: 100), flag: 1)
    },
    message("ten thousand empty messages for a unary call", times: 20, codes: ["12"]) {
      [UInt8](repeating: 0, count: 50_000)
    },
    Attack("gzip bombs on a hundred streams at once", .survives) { client in
      let body = RawMessage.frame(Gzip.bomb, flag: 1)
      let fields = RawClient.headers() + ["grpc-encoding": "gzip"]
      var ids: [UInt32] = []
      for _ in 0..<100 { ids.append(try client.open(fields)) }
      // A part of each at a time, so that all of them are open and being inflated together.
      for start in stride(from: 0, to: body.count, by: 8192) {
        let end = min(start + 8192, body.count)
        for id in ids {
          try client.send(id, Array(body[start..<end]), end: end == body.count)
        }
      }
      for id in ids {
        let answer = try client.answer(to: id)
        guard answer.grpc == "8" else { throw WireError.unexpected("\(answer)") }
      }
    },
    Attack("4 GiB declared on five hundred open streams", .survives) { client in
      var ids: [UInt32] = []
      for _ in 0..<500 {
        let id = try client.open()
        try client.wire.send(.data(id, RawMessage.frame([], length: .max)))
        ids.append(id)
      }
      for id in ids {
        let answer = try client.answer(to: id)
        guard answer.grpc == "8" else { throw WireError.unexpected("\(answer)") }
      }
    },
    Attack("messages of one byte frames", .survives) { client in
      let body = RawMessage.frame([0x12, 100] + [UInt8](repeating: 0x61, count: 100))
      for _ in 0..<100 {
        let id = try client.open()
        try client.wire.send(body.map { .data(id, [$0]) } + [.data(id, [], end: true)])
        let answer = try client.answer(to: id)
        guard answer.grpc == "0", answer.body == body else {
          throw WireError.unexpected("\(answer)")
        }
      }
    },
  ]
}
