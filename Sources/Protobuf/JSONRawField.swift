extension MessageDescriptor {
  /// The bytes of a `string` or `bytes` field as they are, for messages that are a file and not JSON
  /// (google.api.HttpBody). Throws `DecodingError`, or `JSONError` when there is no such field.
  public func bytes(ofField name: String, fromSerialized message: [UInt8]) throws -> [UInt8] {
    guard let field = JSONShape.of(self).field(name), !field.isRepeated,
      [.string, .bytes].contains(field.kind)
    else { throw JSONError(field: name, "is not a string or bytes field of \(self.name)") }
    return try message.withUnsafeBufferPointer { buffer throws(DecodingError) in
      var cursor = WireCursor(buffer, 0..<buffer.count)
      var found: Range<Int>?
      // The last one counts, as it does for every reader of the wire.
      while let next = try cursor.next() {
        if Int(next.number) == field.number, next.wireType == .lengthDelimited {
          found = next.value
        }
      }
      return found.map { Array(buffer[$0]) } ?? []
    }
  }
}
