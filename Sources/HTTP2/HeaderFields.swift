import Glibc
import Values

/// An ordered list of HTTP header fields, pseudo-headers included, in one block of memory. Names are lower-case,
/// duplicates kept.
public struct HeaderFields: Sendable {
  /// Nil: no fields.
  private(set) var memory: HeaderMemory?

  public init() {}

  public init(_ fields: KeyValuePairs<String, String>) {
    for (name, value) in fields { append(name, value) }
  }

  /// Fields that a program sends again and again, for a `static let`: what they need is never freed, and sending them
  /// copies nothing.
  public init(constant fields: KeyValuePairs<String, String>) {
    self.init(fields)
    memory?.makeConstant()
  }

  public var count: Int { memory?.count ?? 0 }
  public var isEmpty: Bool { count == 0 }

  /// Size as RFC 9113 §6.5.2 counts it: name, value and 32 bytes a field.
  public var listSize: Int { memory.map { $0.byteCount + 32 * $0.count } ?? 0 }

  public mutating func reserve(fields: Int, bytes: Int) {
    if memory == nil { memory = HeaderMemory(fieldRoom: fields, byteRoom: bytes) }
  }

  /// Adds a field at the end; `name` must be lower-case already.
  ///
  /// - Parameter isVolatile: the value is another one each time: HPACK keeps it out of its table, from which it would only
  ///   drive what comes again.
  public mutating func append(_ name: String, _ value: String, isVolatile: Bool = false) {
    name.withBytes { name in value.withBytes { append(name: name, value: $0, isVolatile) } }
  }

  @inline(__always)
  public mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, _ isVolatile: Bool = false
  ) {
    if memory == nil { reserve(fields: 4, bytes: 96) }
    memory?.append(
      name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value), isVolatile)
  }

  /// Adds a field that came from the peer; false, and nothing is added, when the list would be over a limit with it.
  ///
  /// - Parameter maximumSize: as `listSize` counts.
  @inline(__always)
  mutating func append(
    name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, maximumSize: Int,
    maximumCount: Int
  ) -> Bool {
    let added = name.count + value.count
    let fits = memory?.withCounts { fields, bytes in
      fields < maximumCount && bytes + 32 * fields + added + 32 <= maximumSize
    }
    guard fits == true else { return false }
    memory?.append(name: UnsafeRawBufferPointer(name), value: UnsafeRawBufferPointer(value))
    return true
  }

  public mutating func append(contentsOf other: HeaderFields) {
    guard let source = other.memory else { return }
    if memory == nil { reserve(fields: source.count, bytes: source.byteCount) }
    source.withFields { fields, bytes in
      for field in fields {
        memory?.append(
          name: bytes[of: field.name], value: bytes[of: field.value], field.isVolatile)
      }
    }
  }

  /// Drops every field of this name.
  public mutating func remove(_ name: String) {
    guard index(of: name) != nil else { return }
    var rest = HeaderFields()
    for index in 0..<count where !nameBytes(at: index).elementsEqual(name.utf8) {
      rest.append(self.name(at: index), value(at: index))
    }
    self = rest
  }

  /// The first value of this name.
  public subscript(name: String) -> String? { index(of: name).map { value(at: $0) } }

  /// Whether the first value of `name` is exactly `value`; no string is made.
  public func first(_ name: StaticString, is value: StaticString) -> Bool {
    guard let memory, let index = firstIndex(of: name) else { return false }
    let wanted = value.raw
    return memory.withBytes { $0[of: memory[index].value].isSame(as: wanted) }
  }

  /// The same with a value and a name that are known at run time only.
  public func first(_ name: String, is value: String) -> Bool {
    guard let memory, let index = index(of: name) else { return false }
    return value.withBytes { wanted in
      memory.withBytes { $0[of: memory[index].value].isSame(as: UnsafeRawBufferPointer(wanted)) }
    }
  }

  /// Whether a field has this name; no string is made.
  public func contains(_ name: String) -> Bool { index(of: name) != nil }

  /// Whether the value at `index` is exactly this; no string is made.
  @inlinable
  public func value(at index: Int, is value: StaticString) -> Bool {
    withValue(at: index) { $0.isSame(as: value) }
  }

  /// Gives `body` the position and the name of each field, in order, without copies.
  @inlinable
  public func forEachName(_ body: (Int, UnsafeRawBufferPointer) -> Void) {
    withExtendedLifetime(self) {
      for index in 0..<count { body(index, rawName(at: index)) }
    }
  }

  /// Gives `body` the name and the value of each field, in order, without copies; ends with the first that throws.
  public func forEachField<E: Error>(
    _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(E) -> Void
  ) throws(E) {
    guard let memory else { return }
    var failure: E?
    memory.withFields { fields, bytes in
      for field in fields {
        do throws(E) { try body(bytes[of: field.name], bytes[of: field.value]) } catch {
          failure = error
          return
        }
      }
    }
    if let failure { throw failure }
  }

  /// The position of the first field of this name.
  public func firstIndex(of name: StaticString) -> Int? { memory?.index(of: name.raw) }

  private func index(of name: String) -> Int? {
    name.withBytes { memory?.index(of: UnsafeRawBufferPointer($0)) }
  }

  /// Whether exactly one field has this name.
  public func hasOne(_ name: StaticString) -> Bool { hasOne(name.raw) }

  /// The same with a name that is known at run time only.
  public func hasOne(named name: String) -> Bool {
    name.withBytes { hasOne(UnsafeRawBufferPointer($0)) }
  }

  private func hasOne(_ name: UnsafeRawBufferPointer) -> Bool {
    guard let memory, let first = memory.index(of: name) else { return false }
    return memory.index(of: name, from: first + 1) == nil
  }

  public func values(_ name: String) -> [String] {
    (0..<count).filter { nameBytes(at: $0).elementsEqual(name.utf8) }.map { value(at: $0) }
  }

  /// The bytes of the first value of this name.
  public func bytes(_ name: String) -> HeaderBytes? {
    guard let memory, let index = index(of: name) else { return nil }
    return HeaderBytes(memory, memory[index].value)
  }

  public func name(at index: Int) -> String {
    String(decoding: nameBytes(at: index), as: UTF8.self)
  }

  /// Gives `body` the bytes of the value at `index`, without a copy.
  @inlinable
  public func withValue<R>(at index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    withExtendedLifetime(self) { body(rawValue(at: index)) }
  }

  /// The same for the name at `index`.
  @inlinable
  public func withName<R>(at index: Int, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    withExtendedLifetime(self) { body(rawName(at: index)) }
  }

  /// Bytes of this list's own memory: only while the caller keeps the list alive.
  @usableFromInline
  func rawValue(at index: Int) -> UnsafeRawBufferPointer {
    let memory = memory ?? .empty
    return memory.withBytes { $0[of: memory[index].value] }
  }

  /// The same for a name.
  @usableFromInline
  func rawName(at index: Int) -> UnsafeRawBufferPointer {
    let memory = memory ?? .empty
    return memory.withBytes { $0[of: memory[index].name] }
  }

  public func value(at index: Int) -> String {
    withValue(at: index) { String(decoding: $0, as: UTF8.self) }
  }

  /// The name at `index`, so that a filter can skip without making a string.
  public func nameBytes(at index: Int) -> HeaderBytes {
    let memory = memory ?? .empty
    return HeaderBytes(memory, memory[index].name)
  }
}

/// Bytes of a name or a value; keeps the memory of its list alive.
public struct HeaderBytes: RandomAccessCollection, Sendable {
  private let memory: HeaderMemory
  private let range: Range<Int>

  init(_ memory: HeaderMemory, _ range: Range<Int>) {
    self.memory = memory
    self.range = range
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { range.count }
  public subscript(position: Int) -> UInt8 {
    precondition((0..<range.count).contains(position), "no such byte")
    return memory.withBytes { $0[range.lowerBound + position] }
  }

  public func withContiguousStorageIfAvailable<R>(
    _ body: (UnsafeBufferPointer<UInt8>) throws -> R
  ) rethrows -> R? {
    try memory.withBytes { bytes throws in
      try bytes[of: range].withMemoryRebound(to: UInt8.self, body)
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

extension HeaderMemory {
  fileprivate func index(of name: UnsafeRawBufferPointer, from start: Int = 0) -> Int? {
    withFields { fields, bytes in
      for index in start..<fields.count where bytes[of: fields[index].name].isSame(as: name) {
        return index
      }
      return nil
    }
  }
}

extension HeaderMemory.Field {
  fileprivate var name: Range<Int> { Int(start)..<Int(start + nameCount) }
  fileprivate var value: Range<Int> {
    Int(start + nameCount)..<Int(start + nameCount + valueCount)
  }
}

extension UnsafeRawBufferPointer {
  fileprivate subscript(of range: Range<Int>) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[range])
  }

  fileprivate func isSame(as other: UnsafeRawBufferPointer) -> Bool {
    guard count == other.count else { return false }
    guard count > 0, let a = baseAddress, let b = other.baseAddress else { return true }
    return memcmp(a, b, count) == 0
  }
}

extension UnsafeRawBufferPointer {
  /// Whether these bytes are exactly this text.
  @inlinable
  package func isSame(as text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    guard count > 0, let baseAddress else { return true }
    return memcmp(baseAddress, text.utf8Start, count) == 0
  }
}

extension StaticString {
  fileprivate var raw: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}
