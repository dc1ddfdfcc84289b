import Protobuf
import RPC
import WellKnown

/// Which fields an update changes (AIP-134, AIP-161).
///
///     let mask = try UpdateMask(request.updateMask, of: request.ticket, allowing: ["title", "details"])
///     if mask.contains("title") { ticket.title = request.ticket.title }
public struct UpdateMask: Sendable, Hashable {
  /// Paths in proto spelling, sorted.
  public let paths: [String]

  /// - Parameters:
  ///   - mask: nil or empty means every allowed field that the message has set; `*` means every allowed field.
  ///   - allowed: the paths that may be changed; `address` allows `address.city` too.
  /// - Throws: INVALID_ARGUMENT for a path that is not allowed.
  public init<M: Message>(
    _ mask: GoogleProtobuf.FieldMask?, of message: M, allowing allowed: [String],
    field: String = "update_mask"
  ) throws {
    let given = mask?.paths ?? []
    if given.isEmpty {
      let set = try Self.topLevelFields(of: message)
      paths = allowed.filter { path in set.contains(String(path.prefix { $0 != "." })) }.sorted()
      return
    }
    if given == ["*"] {
      paths = allowed.sorted()
      return
    }
    var check = Violations()
    for path in given {
      check.require(
        allowed.contains { Self.covers($0, path) }, field, "\(path) cannot be changed here")
    }
    try check.end()
    paths = Set(given).sorted()
  }

  /// Whether a path, or one that contains it, is to be changed.
  public func contains(_ path: String) -> Bool {
    paths.contains { Self.covers($0, path) }
  }

  /// Whether a path or something inside it is to be changed.
  public func touches(_ path: String) -> Bool {
    paths.contains { Self.covers($0, path) || Self.covers(path, $0) }
  }

  public var isEmpty: Bool { paths.isEmpty }

  private static func covers(_ outer: String, _ inner: String) -> Bool {
    inner == outer || inner.hasPrefix(outer + ".")
  }

  /// The names of the fields that are on the wire of a message: those that are set.
  private static func topLevelFields<M: Message>(of message: M) throws -> Set<String> {
    var numbers: Set<Int> = []
    var reader = TagReader(try message.serialized())
    while let number = reader.next() { numbers.insert(number) }
    return Set(M.descriptor.fields.filter { numbers.contains($0.number) }.map(\.name))
  }
}

/// Walks the outermost fields of bytes that our own encoder made.
private struct TagReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The number of the next field, which is skipped; nil at the end.
  mutating func next() -> Int? {
    guard let tag = varint() else { return nil }
    switch tag & 7 {
    case 0: _ = varint()
    case 1: position += 8
    case 2: position += Int(clamping: varint() ?? 0)
    case 5: position += 4
    default: position = bytes.count
    }
    return Int(clamping: tag >> 3)
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
