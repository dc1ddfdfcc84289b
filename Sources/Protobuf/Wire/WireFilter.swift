/// Takes marked fields out of serialized messages, however deep they stand, without decoding them: led by the descriptor,
/// worked out once for a type. What is not marked passes byte for byte.
public struct WireFilter: Sendable {
  /// What is done about a field.
  public enum Mark: Sendable, Hashable {
    case removed
    /// The message around it is hidden unless this bool is true.
    case hidesUnlessTrue
    /// The message around it is hidden when it holds one of these numbers of an enum.
    case hides(Set<Int32>)
    /// The whole message is refused when it holds the field.
    case refused
    /// The whole message is refused when the field holds one of these numbers.
    case refuses(Set<Int32>)
  }

  public enum Failure: Error, Sendable, Hashable {
    /// `note.visibility`: the message holds what its sender may not send.
    case refused(field: String)
    case malformed
  }

  private enum Step: Sendable {
    case mark(Mark, field: String)
    case descend(Int, field: String)
    case any
  }

  private struct Node: Sendable {
    var steps: [UInt32: Step] = [:]
    var isPublishedByField = false
  }

  private var nodes: [Node] = []
  /// Where the types are that an Any may hold.
  private var places: [String: Int] = [:]
  private var root = 0
  private static let deepest = 100

  /// Nil when nothing that the type can hold is marked: there is nothing to do for it.
  /// - Parameters:
  ///   - held: the types that an Any in it may hold; of others the value is taken out.
  public init?(
    of type: MessageDescriptor, anyOf held: [MessageDescriptor] = [],
    mark: (MessageDescriptor, FieldDescriptor) -> Mark?
  ) {
    var types = Self.reachable(from: [type])
    if types.contains(where: { $0.name == Self.any }) {
      types = Self.reachable(from: [type] + held)
    }
    let marked = Self.marked(types) { type in type.fields.contains { mark(type, $0) != nil } }
    guard marked.contains(type.name) else { return nil }
    for type in types where marked.contains(type.name) {
      places[type.name] = nodes.count
      nodes.append(Node())
    }
    for type in types {
      guard let place = places[type.name] else { continue }
      for field in type.fields {
        guard let step = step(type, field, mark) else { continue }
        if case .mark(.hidesUnlessTrue, _) = step { nodes[place].isPublishedByField = true }
        nodes[place].steps[UInt32(field.number)] = step
      }
    }
    root = places[type.name] ?? 0
  }

  private func step(
    _ type: MessageDescriptor, _ field: FieldDescriptor,
    _ mark: (MessageDescriptor, FieldDescriptor) -> Mark?
  ) -> Step? {
    if let mark = mark(type, field) { return .mark(mark, field: field.name) }
    guard let inner = field.message else { return nil }
    if inner.name == Self.any { return .any }
    return places[inner.name].map { .descend($0, field: field.name) }
  }

  private static let any = "google.protobuf.Any"

  private static func reachable(from types: [MessageDescriptor]) -> [MessageDescriptor] {
    var seen: Set<String> = []
    var pending = types
    var found: [MessageDescriptor] = []
    while let type = pending.popLast() {
      guard seen.insert(type.name).inserted else { continue }
      found.append(type)
      pending += type.fields.compactMap(\.message)
    }
    return found
  }

  /// Names of the types that are marked themselves or hold one that is; an Any can hold anything.
  private static func marked(
    _ types: [MessageDescriptor], _ isMarked: (MessageDescriptor) -> Bool
  ) -> Set<String> {
    var names = Set(types.filter { isMarked($0) }.map(\.name))
    if types.contains(where: { $0.name == any }) { names.insert(any) }
    while true {
      let more = types.filter { type in
        !names.contains(type.name)
          && type.fields.contains { $0.message.map { names.contains($0.name) } ?? false }
      }
      guard !more.isEmpty else { return names }
      names.formUnion(more.map(\.name))
    }
  }

  // MARK: Messages

  /// The message without what is marked, or nil when it is hidden as a whole.
  public func filtered(_ bytes: [UInt8]) throws(Failure) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    let isShown = try bytes.withUnsafeBufferPointer { buffer throws(Failure) in
      try rewrite(buffer, 0..<buffer.count, root, &result, 0)
    }
    return isShown ? result : nil
  }

  /// Appends what is left of a message; false when the message is hidden.
  private func rewrite(
    _ buffer: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ place: Int,
    _ result: inout [UInt8], _ depth: Int
  ) throws(Failure) -> Bool {
    guard depth < Self.deepest else { throw .malformed }
    let node = nodes[place]
    var isPublished = !node.isPublishedByField
    var cursor = WireCursor(buffer, range)
    while let field = try Self.next(&cursor) {
      switch node.steps[field.number] {
      case .mark(.removed, _)?: continue
      case .mark(.refused, let name)?: throw .refused(field: name)
      case .mark(.hidesUnlessTrue, _)?:
        isPublished = Self.numbers(of: field, in: buffer).last.map { $0 != 0 } ?? false
      case .mark(.hides(let numbers), _)?:
        guard numbers.isDisjoint(with: Self.numbers(of: field, in: buffer)) else { return false }
      case .mark(.refuses(let numbers), let name)?:
        guard numbers.isDisjoint(with: Self.numbers(of: field, in: buffer)) else {
          throw .refused(field: name)
        }
      case .descend(let inner, let name)? where field.wireType == .lengthDelimited:
        do throws(Failure) { try append(field, of: buffer, as: inner, &result, depth) } catch {
          guard case .refused(let path) = error else { throw error }
          throw .refused(field: "\(name).\(path)")
        }
        continue
      case .any? where field.wireType == .lengthDelimited:
        try appendAny(field, of: buffer, &result, depth)
        continue
      case .descend?, .any?, nil: break
      }
      result += buffer[field.start..<field.value.upperBound]
    }
    return isPublished
  }

  private func append(
    _ field: WireCursor.Field, of buffer: UnsafeBufferPointer<UInt8>, as place: Int,
    _ result: inout [UInt8], _ depth: Int
  ) throws(Failure) {
    var inner: [UInt8] = []
    guard try rewrite(buffer, field.value, place, &inner, depth + 1) else { return }
    result += buffer[field.start..<field.tagEnd]
    Self.append(inner, to: &result)
  }

  /// An Any keeps its type; its value is filtered as that type, or left out where the type is not known.
  private func appendAny(
    _ field: WireCursor.Field, of buffer: UnsafeBufferPointer<UInt8>, _ result: inout [UInt8],
    _ depth: Int
  ) throws(Failure) {
    var url: Range<Int>?
    var value: Range<Int>?
    var cursor = WireCursor(buffer, field.value)
    while let part = try Self.next(&cursor) {
      guard part.wireType == .lengthDelimited else { continue }
      if part.number == 1 { url = part.value }
      if part.number == 2 { value = part.value }
    }
    var any: [UInt8] = []
    if let url {
      any.append(0x0A)
      Self.append(Array(buffer[url]), to: &any)
      let name = String(decoding: buffer[url], as: UTF8.self).split(separator: "/").last ?? ""
      var inner: [UInt8] = []
      if let value, let place = places[String(name)] {
        guard try rewrite(buffer, value, place, &inner, depth + 1) else { return }
        any.append(0x12)
        Self.append(inner, to: &any)
      }
    }
    result += buffer[field.start..<field.tagEnd]
    Self.append(any, to: &result)
  }

  private static func next(
    _ cursor: inout WireCursor
  ) throws(Failure) -> WireCursor.Field? {
    do { return try cursor.next() } catch { throw .malformed }
  }

  private static func append(_ bytes: [UInt8], to result: inout [UInt8]) {
    var count = bytes.count
    while count >= 0x80 {
      result.append(UInt8(truncatingIfNeeded: count) | 0x80)
      count >>= 7
    }
    result.append(UInt8(truncatingIfNeeded: count))
    result += bytes
  }

  /// The numbers of a bool or enum field, packed or not.
  private static func numbers(
    of field: WireCursor.Field, in buffer: UnsafeBufferPointer<UInt8>
  ) -> [Int32] {
    guard field.wireType == .varint || field.wireType == .lengthDelimited else { return [] }
    var numbers: [Int32] = []
    var (current, shift): (UInt64, UInt64) = (0, 0)
    for byte in buffer[field.value] {
      current |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 {
        numbers.append(Int32(truncatingIfNeeded: current))
        (current, shift) = (0, 0)
      }
    }
    return numbers
  }
}
