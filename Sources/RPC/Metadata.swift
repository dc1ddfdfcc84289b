import HTTP2

/// The custom fields of a call or of its answer: ordered, duplicates kept, keys lower-case. A key that ends
/// in `-bin` carries bytes, every other printable ASCII. Names of the protocol itself (`grpc-*`, `:path`,
/// `te`, `content-type`, …) can be neither set nor seen.
public struct Metadata: Sendable {
  /// What the wire carries; on a received call the protocol's own fields are in it and hidden.
  var fields: HeaderFields
  /// Whether the protocol's own fields may be among them.
  private let isReceived: Bool

  public init() {
    fields = HeaderFields()
    isReceived = false
  }

  init(received fields: HeaderFields) {
    self.fields = fields
    isReceived = true
  }

  /// What may be sent of it: of received metadata that is passed on only what the application could have set itself
  ///
  var visibleFields: HeaderFields {
    guard isReceived else { return fields }
    var checked = HeaderFields()
    for index in 0..<fields.count where Self.maySend(fields.nameBytes(at: index)) {
      let isText = fields.withValue(at: index) { $0.allSatisfy { (0x20...0x7E).contains($0) } }
      if isText { checked.append(fields.name(at: index), fields.value(at: index)) }
    }
    return checked
  }

  /// The first value of a text key.
  public subscript(key: String) -> String? {
    guard Self.isVisible(key.utf8) else { return nil }
    return fields[key]
  }

  /// The first value of a `-bin` key, decoded; nil if there is none or it is not base64.
  public subscript(binary key: String) -> [UInt8]? {
    guard Self.isVisible(key.utf8), let bytes = fields.bytes(key) else { return nil }
    return Base64.decode(Self.trimmed(bytes.prefix { $0 != UInt8(ascii: ",") }))
  }

  /// Every value of a text key, in order.
  public func values(_ key: String) -> [String] {
    Self.isVisible(key.utf8) ? fields.values(key) : []
  }

  /// Every value of a `-bin` key, in order; comma-joined ones taken apart.
  public func values(binary key: String) -> [[UInt8]] {
    values(key).flatMap { value in
      value.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        .compactMap { Base64.decode(Self.trimmed($0)) }
    }
  }

  /// The one value of a `-bin` key, decoded; nil where there are none or several, or it is not base64.
  public func only(binary key: String) -> [UInt8]? {
    guard Self.isVisible(key.utf8), fields.hasOne(named: key), let bytes = fields.bytes(key) else {
      return nil
    }
    return bytes.withContiguousStorageIfAvailable { bytes in
      // Whatever stands behind a comma is a value of its own, and no digit of this one.
      Base64.decode(Self.trimmed(bytes))
    }?.flatMap { $0 }
  }

  private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(
    _ bytes: Bytes
  ) -> Bytes.SubSequence {
    let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let rest = bytes.drop(while: isBlank)
    guard let last = rest.lastIndex(where: { !isBlank($0) }) else { return rest }
    return rest[...last]
  }

  /// The keys and their values as the wire spells them (base64 for `-bin`).
  public var entries: [(key: String, value: String)] {
    (0..<fields.count).compactMap { index in
      guard Self.isVisible(fields.nameBytes(at: index)) else { return nil }
      return (fields.name(at: index), fields.value(at: index))
    }
  }

  public var isEmpty: Bool {
    !(0..<fields.count).contains { Self.isVisible(fields.nameBytes(at: $0)) }
  }

  /// Whether there is a value of this key. No string is made.
  public func contains(_ key: String) -> Bool {
    Self.isVisible(key.utf8) && fields.contains(key)
  }

  /// Whether the first value of a key is exactly this, as the wire spells it (base64 for `-bin`). No string is made.
  public func first(_ key: String, isSpelled value: String) -> Bool {
    Self.isVisible(key.utf8) && fields.first(key, is: value)
  }

  /// Puts everything of `other` in the place of what is there under one key, for entries that were checked before.
  public mutating func replace(_ key: String, with other: Metadata) {
    remove(key)
    append(contentsOf: other)
  }

  /// Adds a text value. Throws if the key is reserved, malformed or ends in `-bin`, or the value is not
  /// printable ASCII.
  public mutating func append(_ key: String, _ value: String) throws(MetadataError) {
    try Self.check(key)
    guard !key.hasSuffix("-bin") else { throw .binaryKey(key) }
    guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw .invalidValue(key) }
    fields.append(key, Self.trimmed(value))
  }

  /// HTTP/2 has no spaces around a value, and peers refuse the whole request for them.
  private static func trimmed(_ value: String) -> String {
    let space = UInt8(ascii: " ")
    guard value.utf8.first == space || value.utf8.last == space else { return value }
    let start = value.utf8.drop { $0 == space }
    let end = start.reversed().drop { $0 == space }.reversed()
    return String(decoding: Array(end), as: UTF8.self)
  }

  /// Adds a bytes value; the key must end in `-bin`.
  public mutating func append(_ key: String, binary value: [UInt8]) throws(MetadataError) {
    try Self.check(key)
    guard key.hasSuffix("-bin") else { throw .textKey(key) }
    fields.append(key, Base64.encode(value))
  }

  /// Replaces every value of a text key.
  public mutating func set(_ key: String, _ value: String) throws(MetadataError) {
    remove(key)
    try append(key, value)
  }

  /// Replaces every value of a `-bin` key.
  public mutating func set(_ key: String, binary value: [UInt8]) throws(MetadataError) {
    remove(key)
    try append(key, binary: value)
  }

  public mutating func remove(_ key: String) {
    if Self.isVisible(key.utf8) { fields.remove(key) }
  }

  /// Adds everything of `other`.
  public mutating func append(contentsOf other: Metadata) {
    guard other.isReceived else { return fields.append(contentsOf: other.fields) }
    for index in 0..<other.fields.count where Self.isVisible(other.fields.nameBytes(at: index)) {
      fields.append(other.fields.name(at: index), other.fields.value(at: index))
    }
  }

  private static func check(_ key: String) throws(MetadataError) {
    guard !key.isEmpty, key.utf8.count <= 256, key.utf8.allSatisfy(isKeyByte) else {
      throw .invalidKey(key)
    }
    guard maySend(key.utf8) else { throw .reservedKey(key) }
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
      UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }

  private static let reserved: [[UInt8]] = [
    "te", "content-type", "content-length", "connection", "keep-alive", "proxy-connection",
    "transfer-encoding", "upgrade", "host", "trailer",
  ].map { Array($0.utf8) }

  /// Whether the application may set it: our own `user-agent` is the channel's business.
  private static func maySend(_ name: some Collection<UInt8>) -> Bool {
    isVisible(name) && !name.elementsEqual("user-agent".utf8)
  }

  /// Whether a name belongs to the application and not to the protocol.
  static func isVisible(_ name: some Collection<UInt8>) -> Bool {
    guard let first = name.first else { return false }
    switch first {
    case UInt8(ascii: ":"): return false
    case UInt8(ascii: "g"): return !name.starts(with: "grpc-".utf8)
    // With these letters begin the reserved ones: most names are not looked at any further.
    case UInt8(ascii: "t"), UInt8(ascii: "c"), UInt8(ascii: "k"), UInt8(ascii: "p"),
      UInt8(ascii: "u"), UInt8(ascii: "h"):
      return !reserved.contains { $0.count == name.count && name.elementsEqual($0) }
    default: return true
    }
  }
}

/// Why an entry cannot be metadata; each case names the key. A mistake of the program, so INTERNAL.
public enum MetadataError: Error, Hashable {
  case invalidKey(String)
  case reservedKey(String)
  /// The key ends in `-bin`: it takes bytes.
  case binaryKey(String)
  /// The key does not end in `-bin`: it takes text.
  case textKey(String)
  /// The value has bytes outside printable ASCII.
  case invalidValue(String)
}

extension MetadataError: StatusConvertible {
  public var status: Status { Status(.internal, "internal error", because: "metadata: \(self)") }
}
