/// Sending within the windows that the server grants.
extension RawClient {
  /// One call whose body may be larger than the windows; an answer that comes early ends the upload.
  func upload(_ fields: RawFields, _ body: [UInt8]) throws -> RawAnswer {
    let id = try open(fields)
    var start = 0
    repeat {
      let end = min(start + 16_384, body.count)
      try send(id, Array(body[start..<end]), end: end == body.count)
      start = end
    } while start < body.count && !isAnswered(id)
    return try answer(to: id)
  }

  /// Sends DATA once the windows have room for it, or drops it when the stream has been answered.
  func send(_ id: UInt32, _ bytes: [UInt8], end: Bool = false) throws {
    while !isAnswered(id), !takeWindow(id, bytes.count) {
      guard let frame = try wire.next() else { throw WireError.closed }
      try note(frame)
    }
    if !isAnswered(id) { try wire.send(.data(id, bytes, end: end)) }
  }
}
