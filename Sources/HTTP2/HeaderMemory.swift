import CNghttp2
import Glibc

/// The memory of a `HeaderFields`, one block: where each field is, then the bytes of names and values.
///
/// Owned by values that copy it before they write to it when they share it.
struct HeaderMemory: @unchecked Sendable {
  struct Field {
    var start: UInt32
    var nameCount: UInt32
    var valueCount: UInt32
    var isVolatile = false
  }

  private struct Counts {
    var fields = 0
    var bytes = 0
    let fieldRoom: Int
    let byteRoom: Int
    /// The fields as nghttp2 takes them, when they never change.
    var constant: UnsafePointer<nghttp2_nv>?
  }

  private var buffer: ManagedBuffer<Counts, UInt8>
  private static let fieldSize = MemoryLayout<Field>.stride

  /// Of a list without fields: asking it for one is the caller's mistake, as with an array.
  static let empty = HeaderMemory(fieldRoom: 0, byteRoom: 0)

  init(fieldRoom: Int, byteRoom: Int) {
    buffer = .create(minimumCapacity: fieldRoom * Self.fieldSize + byteRoom) { _ in
      Counts(fieldRoom: fieldRoom, byteRoom: byteRoom)
    }
  }

  /// Through the pointer: `header` itself is checked for overlapping access at run time.
  private var counts: Counts { buffer.withUnsafeMutablePointerToHeader { $0.pointee } }
  var count: Int { buffer.withUnsafeMutablePointerToHeader { $0.pointee.fields } }
  var byteCount: Int { buffer.withUnsafeMutablePointerToHeader { $0.pointee.bytes } }
  /// Gives `body` the number of fields and of their bytes.
  @inline(__always)
  func withCounts<R>(_ body: (Int, Int) -> R) -> R {
    buffer.withUnsafeMutablePointerToHeader { body($0.pointee.fields, $0.pointee.bytes) }
  }
  /// Set for fields that never change and live for ever.
  var constant: UnsafePointer<nghttp2_nv>? {
    buffer.withUnsafeMutablePointerToHeader { $0.pointee.constant }
  }

  subscript(index: Int) -> Field {
    buffer.withUnsafeMutablePointers { counts, memory in
      precondition((0..<counts.pointee.fields).contains(index), "no such field")
      return Self.fields(memory)[index]
    }
  }

  /// The bytes of all names and values; the fields say where theirs are.
  func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try buffer.withUnsafeMutablePointers { counts, memory in
      try body(
        UnsafeRawBufferPointer(
          start: memory + counts.pointee.fieldRoom * Self.fieldSize, count: counts.pointee.bytes))
    }
  }

  /// Gives `body` the bytes and where each field is in them.
  func withFields<R>(
    _ body: (UnsafeBufferPointer<Field>, UnsafeRawBufferPointer) -> R
  ) -> R {
    buffer.withUnsafeMutablePointers { counts, memory in
      body(
        UnsafeBufferPointer(start: Self.fields(memory), count: counts.pointee.fields),
        UnsafeRawBufferPointer(
          start: memory + counts.pointee.fieldRoom * Self.fieldSize, count: counts.pointee.bytes))
    }
  }

  @inline(__always)
  mutating func append(
    name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer, _ isVolatile: Bool = false
  ) {
    if !hasRoom(bytes: name.count + value.count) { grow(bytes: name.count + value.count) }
    buffer.withUnsafeMutablePointers { counts, memory in
      let start = counts.pointee.bytes
      let room =
        UnsafeMutableRawPointer(memory) + counts.pointee.fieldRoom * Self.fieldSize + start
      if let from = name.baseAddress { memcpy(room, from, name.count) }
      if let from = value.baseAddress { memcpy(room + name.count, from, value.count) }
      Self.fields(memory)[counts.pointee.fields] = Field(
        start: UInt32(start), nameCount: UInt32(name.count), valueCount: UInt32(value.count),
        isVolatile: isVolatile)
      counts.pointee.bytes = start + name.count + value.count
      counts.pointee.fields += 1
    }
  }

  /// Whether the memory is this value's own and has room for one more field.
  @inline(__always)
  private mutating func hasRoom(bytes: Int) -> Bool {
    guard isKnownUniquelyReferenced(&buffer) else { return false }
    return buffer.withUnsafeMutablePointerToHeader { counts in
      counts.pointee.fields < counts.pointee.fieldRoom
        && counts.pointee.bytes + bytes <= counts.pointee.byteRoom
        && counts.pointee.constant == nil
    }
  }

  /// Makes memory of this value's own, with room for one more field.
  @inline(never)
  private mutating func grow(bytes: Int) {
    let counts = self.counts
    var copy = HeaderMemory(
      fieldRoom: max(counts.fieldRoom, 2 * counts.fields, 4),
      byteRoom: max(counts.byteRoom, 2 * (counts.bytes + bytes)))
    copy.take(self)
    buffer = copy.buffer
  }

  private mutating func take(_ other: HeaderMemory) {
    buffer.withUnsafeMutablePointers { counts, memory in
      other.withFields { fields, bytes in
        if let from = fields.baseAddress {
          Self.fields(memory).update(from: from, count: fields.count)
        }
        let room = UnsafeMutableRawPointer(memory + counts.pointee.fieldRoom * Self.fieldSize)
        if let from = bytes.baseAddress { room.copyMemory(from: from, byteCount: bytes.count) }
        counts.pointee.fields = fields.count
        counts.pointee.bytes = bytes.count
      }
    }
  }

  private static func fields(_ memory: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<Field> {
    UnsafeMutableRawPointer(memory).assumingMemoryBound(to: Field.self)
  }

  // MARK: for nghttp2

  /// Makes nghttp2's list of these fields once and for all. The memory is never freed: nghttp2 may then point into it
  /// instead of copying.
  mutating func makeConstant() {
    let list = UnsafeMutablePointer<nghttp2_nv>.allocate(capacity: max(1, count))
    let text = UnsafeMutableRawPointer.allocate(byteCount: max(1, byteCount), alignment: 1)
    withFields { fields, bytes in
      if let from = bytes.baseAddress { text.copyMemory(from: from, byteCount: bytes.count) }
      let flags = NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue
      for (index, field) in fields.enumerated() {
        (list + index).initialize(to: Self.pair(field, text, UInt8(flags)))
      }
    }
    buffer.withUnsafeMutablePointerToHeader { $0.pointee.constant = UnsafePointer(list) }
  }

  static func pair(
    _ field: Field, _ text: UnsafeMutableRawPointer, _ flags: UInt8
  ) -> nghttp2_nv {
    let name = (text + Int(field.start)).assumingMemoryBound(to: UInt8.self)
    return nghttp2_nv(
      name: name, value: name + Int(field.nameCount), namelen: Int(field.nameCount),
      valuelen: Int(field.valueCount),
      flags: field.isVolatile ? flags | UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue) : flags)
  }
}
