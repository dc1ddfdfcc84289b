import CProtobufC

extension MessageDescriptor {
  /// The bytes of a `string` or `bytes` field as they are, for messages that are a file and not JSON
  /// (google.api.HttpBody). Throws `DecodingError`, or `JSONError` when there is no such field.
  public func bytes(ofField name: String, fromSerialized message: [UInt8]) throws -> [UInt8] {
    guard let field = JSONShape.of(self).field(name), !field.isRepeated,
      [.string, .bytes].contains(field.kind)
    else { throw JSONError(field: name, "is not a string or bytes field of \(self.name)") }
    return try message.withUnsafeBufferPointer { buffer throws(DecodingError) in
      try withUnpacked(buffer) { structure -> [UInt8] in
        let place = UnsafeRawPointer(structure) + field.offset
        if field.kind == .bytes {
          let data = place.load(as: ProtobufCBinaryData.self)
          return Array(UnsafeBufferPointer(start: data.data, count: data.len))
        }
        let text = place.load(as: UnsafePointer<CChar>?.self)
        return text.map { Array(String(cString: $0).utf8) } ?? []
      }
    }
  }
}
