import Foundation

/// Where a page ended, as the caller carries it: opaque base64url, bound to the query it was made for.
/// It grants nothing: its values only narrow a query that is scoped anyway, so it needs no secret;
/// the checksum finds damage and tokens used with another filter or order.
public struct PageToken: Sendable, Hashable {
  /// What a token is bound to.
  struct Query: Sendable, Hashable {
    let digest: [UInt8]

    init(_ parameters: [String]) {
      var input = Digest.Input()
      for parameter in parameters { input.append(parameter) }
      digest = Digest.sha256(input.bytes)
    }
  }

  static let maximumLength = 4096
  private static let checksumLength = 16

  let position: [SQLValue]

  init(position: [SQLValue]) { self.position = position }

  init(_ text: String, for query: Query) throws(StoreError) {
    guard text.utf8.count <= Self.maximumLength, let bytes = Self.decode(text),
      bytes.count > Self.checksumLength
    else { throw .invalidPageToken }
    let body = Array(bytes.dropFirst(Self.checksumLength))
    guard Array(bytes.prefix(Self.checksumLength)) == Self.checksum(body, query),
      let values = Self.values(body)
    else { throw .invalidPageToken }
    position = values
  }

  func text(for query: Query) -> String {
    let body = Self.body(position)
    let standard = Data(Self.checksum(body, query) + body).base64EncodedData()
    return String(decoding: standard.compactMap(Self.urlSafe), as: UTF8.self)
  }

  /// A character of base64 in base64url, which has no padding. By bytes: every list ends with a token.
  private static func urlSafe(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "+"): UInt8(ascii: "-")
    case UInt8(ascii: "/"): UInt8(ascii: "_")
    case UInt8(ascii: "="): nil
    default: character
    }
  }

  private static func checksum(_ body: [UInt8], _ query: Query) -> [UInt8] {
    Array(Digest.sha256(query.digest + body).prefix(checksumLength))
  }

  private static func decode(_ text: String) -> [UInt8]? {
    let standard = text.replacingOccurrences(of: "-", with: "+")
      .replacingOccurrences(of: "_", with: "/")
    let padding = String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
    return Data(base64Encoded: standard + padding).map { Array($0) }
  }

  /// A tag, and eight bytes of number or of length, for each value.
  private static func body(_ values: [SQLValue]) -> [UInt8] {
    var bytes: [UInt8] = []
    func append(_ tag: UInt8, _ number: Int64, _ rest: [UInt8] = []) {
      bytes.append(tag)
      withUnsafeBytes(of: number.bigEndian) { bytes += $0 }
      bytes += rest
    }
    for value in values {
      switch value {
      case .null: append(0, 0)
      case .integer(let number): append(1, number)
      case .text(let text): append(2, Int64(text.utf8.count), Array(text.utf8))
      case .boolean(let flag): append(3, flag ? 1 : 0)
      case .bytes(let data): append(4, Int64(data.count), data)
      }
    }
    return bytes
  }

  private static func values(_ body: [UInt8]) -> [SQLValue]? {
    var values: [SQLValue] = []
    var rest = body[...]
    while let tag = rest.popFirst() {
      guard rest.count >= 8 else { return nil }
      let number = rest.prefix(8).reduce(Int64(0)) { $0 << 8 | Int64($1) }
      rest = rest.dropFirst(8)
      switch tag {
      case 0: values.append(.null)
      case 1: values.append(.integer(number))
      case 3: values.append(.boolean(number != 0))
      case 2, 4:
        guard number >= 0, number <= rest.count else { return nil }
        let data = Array(rest.prefix(Int(number)))
        rest = rest.dropFirst(Int(number))
        if tag == 4 {
          values.append(.bytes(data))
        } else {
          guard let text = String(validating: data, as: UTF8.self) else { return nil }
          values.append(.text(text))
        }
      default: return nil
      }
    }
    return values.isEmpty ? nil : values
  }
}
