/// An ordered list of HTTP header fields, pseudo-headers included, in one compact buffer: a request's
/// block costs two allocations, however many fields it has. Names are lower-case, duplicates kept.
public struct HeaderFields: Sendable {
  @usableFromInline
  struct Entry: Sendable {
    var start: Int
    var nameCount: Int
    var valueCount: Int
  }

  var storage: [UInt8] = []
  var entries: [Entry] = []

  public init() {}

  public init(_ fields: KeyValuePairs<String, String>) {
    for (name, value) in fields { append(name, value) }
  }

  public var count: Int { entries.count }
  public var isEmpty: Bool { entries.isEmpty }

  /// Size as RFC 9113 §6.5.2 counts it: name, value and 32 bytes a field.
  public var listSize: Int { storage.count + 32 * entries.count }

  public mutating func reserve(fields: Int, bytes: Int) {
    entries.reserveCapacity(fields)
    storage.reserveCapacity(bytes)
  }

  /// Adds a field at the end; `name` must be lower-case already.
  public mutating func append(_ name: String, _ value: String) {
    let start = storage.count
    storage.append(contentsOf: name.utf8)
    let nameCount = storage.count - start
    storage.append(contentsOf: value.utf8)
    entries.append(
      Entry(start: start, nameCount: nameCount, valueCount: storage.count - start - nameCount))
  }

  public mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>
  ) {
    let start = storage.count
    storage.append(contentsOf: name)
    storage.append(contentsOf: value)
    entries.append(Entry(start: start, nameCount: name.count, valueCount: value.count))
  }

  public mutating func append(contentsOf other: HeaderFields) {
    for index in 0..<other.count {
      let entry = other.entries[index]
      let start = storage.count
      storage.append(
        contentsOf: other.storage[
          entry.start..<(entry.start + entry.nameCount + entry.valueCount)])
      entries.append(
        Entry(start: start, nameCount: entry.nameCount, valueCount: entry.valueCount))
    }
  }

  /// Drops every field of this name.
  public mutating func remove(_ name: String) {
    entries = entries.filter { !hasName($0, name) }
  }

  /// The first value of this name.
  public subscript(name: String) -> String? {
    guard let entry = entries.first(where: { hasName($0, name) }) else { return nil }
    return text(of: entry)
  }

  /// Whether the first value of `name` is exactly `value`; no string is made.
  public func first(_ name: StaticString, is value: StaticString) -> Bool {
    guard let index = firstIndex(of: name) else { return false }
    let entry = entries[index]
    guard entry.valueCount == value.utf8CodeUnitCount else { return false }
    return matches(entry.start + entry.nameCount, value)
  }

  /// The position of the first field of this name.
  public func firstIndex(of name: StaticString) -> Int? {
    for index in entries.indices {
      let entry = entries[index]
      if entry.nameCount == name.utf8CodeUnitCount, matches(entry.start, name) { return index }
    }
    return nil
  }

  /// Whether exactly one field has this name.
  public func hasOne(_ name: StaticString) -> Bool {
    guard let first = firstIndex(of: name) else { return false }
    return !entries[(first + 1)...].contains {
      $0.nameCount == name.utf8CodeUnitCount && matches($0.start, name)
    }
  }

  public func values(_ name: String) -> [String] {
    entries.filter { hasName($0, name) }.map { text(of: $0) }
  }

  /// The bytes of the first value of this name.
  public func bytes(_ name: String) -> ArraySlice<UInt8>? {
    guard let entry = entries.first(where: { hasName($0, name) }) else { return nil }
    let start = entry.start + entry.nameCount
    return storage[start..<(start + entry.valueCount)]
  }

  public func name(at index: Int) -> String {
    let entry = entries[index]
    return String(decoding: storage[entry.start..<(entry.start + entry.nameCount)], as: UTF8.self)
  }

  /// Gives `body` the bytes of the value at `index`, without a copy.
  public func withValue<R>(at index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    let entry = entries[index]
    let start = entry.start + entry.nameCount
    return storage.withUnsafeBytes {
      body(UnsafeRawBufferPointer(rebasing: $0[start..<(start + entry.valueCount)]))
    }
  }

  public func value(at index: Int) -> String { text(of: entries[index]) }

  /// First byte of the name at `index`, so that a filter can skip without making a string.
  public func nameBytes(at index: Int) -> ArraySlice<UInt8> {
    let entry = entries[index]
    return storage[entry.start..<(entry.start + entry.nameCount)]
  }

  private func text(of entry: Entry) -> String {
    let start = entry.start + entry.nameCount
    return String(decoding: storage[start..<(start + entry.valueCount)], as: UTF8.self)
  }

  private func hasName(_ entry: Entry, _ name: String) -> Bool {
    entry.nameCount == name.utf8.count
      && storage[entry.start..<(entry.start + entry.nameCount)].elementsEqual(name.utf8)
  }

  private func matches(_ start: Int, _ text: StaticString) -> Bool {
    text.withUTF8Buffer { wanted in
      storage.withUnsafeBufferPointer { bytes in
        for offset in 0..<wanted.count where bytes[start + offset] != wanted[offset] {
          return false
        }
        return true
      }
    }
  }
}

extension HeaderFields: Sequence {
  public struct Iterator: IteratorProtocol {
    let fields: HeaderFields
    var index = 0

    public mutating func next() -> (name: String, value: String)? {
      guard index < fields.count else { return nil }
      defer { index += 1 }
      return (fields.name(at: index), fields.value(at: index))
    }
  }

  public func makeIterator() -> Iterator { Iterator(fields: self) }
}
