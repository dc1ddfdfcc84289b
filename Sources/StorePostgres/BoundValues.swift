import CPostgres
import Store

/// A command's values in libpq's binary format, with their types declared, so that the server guesses
/// nothing and a text ends where it ends.
struct BoundValues {
  private var types: [Oid] = []
  /// All values, one after the other.
  private var block: [UInt8] = []
  /// Where each begins; nil is NULL.
  private var offsets: [Int?] = []
  private var lengths: [Int32] = []

  init(_ command: Command) {
    guard !command.values.isEmpty else { return }
    types = command.kinds.map(\.oid)
    offsets.reserveCapacity(types.count)
    lengths.reserveCapacity(types.count)
    for value in command.values {
      let start = block.count
      offsets.append(append(value) ? start : nil)
      lengths.append(Int32(clamping: block.count - start))
    }
    // An empty value still needs a pointer that is not NULL.
    block.append(0)
  }

  var count: Int32 { Int32(clamping: types.count) }

  private mutating func append(_ value: SQLValue) -> Bool {
    switch value {
    case .null: return false
    case .text(let text): block.append(contentsOf: text.utf8)
    case .integer(let number):
      withUnsafeBytes(of: number.bigEndian) { block.append(contentsOf: $0) }
    case .boolean(let flag): block.append(flag ? 1 : 0)
    case .bytes(let bytes): block.append(contentsOf: bytes)
    }
    return true
  }

  func withPointers(
    _ body: (
      UnsafePointer<Oid>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?,
      UnsafePointer<Int32>?
    ) -> Int32
  ) -> Int32 {
    guard !types.isEmpty else { return body(nil, nil, nil, nil) }
    let formats = [Int32](repeating: 1, count: types.count)
    return block.withUnsafeBytes { block in
      let start = block.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = offsets.map { offset in offset.flatMap { offset in start.map { $0 + offset } } }
      return body(types, values, lengths, formats)
    }
  }
}

extension SQLKind {
  /// PostgreSQL's type numbers of text, int8, bool and bytea.
  fileprivate var oid: Oid {
    switch self {
    case .text: 25
    case .integer: 20
    case .boolean: 16
    case .bytes: 17
    }
  }
}

/// Calls `body` with a NULL-terminated array of C strings.
func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
) -> R {
  var offsets: [Int] = []
  var block: [CChar] = []
  for string in strings {
    offsets.append(block.count)
    block += string.utf8CString
  }
  return block.withUnsafeBufferPointer { block in
    let pointers = offsets.map { offset in block.baseAddress.map { $0 + offset } } + [nil]
    return body(pointers)
  }
}
