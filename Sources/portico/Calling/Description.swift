import Protobuf

/// A service, method, message or enum in the words of a proto file.
enum Description {
  /// Nil when the pool has no such name.
  static func of(_ name: String, in pool: DescriptorPool) -> String? {
    if let service = pool.service(named: name) { return text(service) }
    if let message = pool.message(named: name) { return text(message) }
    if let proto = pool.enumeration(named: name) { return text(proto) }
    guard let dot = name.lastIndex(where: { $0 == "." || $0 == "/" }) else { return nil }
    let owner = String(name[..<dot])
    let last = String(name[name.index(after: dot)...])
    if let method = pool.service(named: owner)?.method(named: last) { return text(method) }
    return pool.message(named: owner)?.field(named: last).map { text($0) }
  }

  private static func text(_ service: ServiceDescriptor) -> String {
    let methods = service.methods.map { "  " + text($0) }
    return block("service \(service.name)", methods)
  }

  static func text(_ method: MethodDescriptor) -> String {
    let input = (method.streamsRequests ? "stream " : "") + method.input.name
    let output = (method.streamsResponses ? "stream " : "") + method.output.name
    return "rpc \(method.name)(\(input)) returns (\(output));"
  }

  /// A oneof of one member is how a field with presence looks; its members stand together otherwise.
  private static func text(_ message: MessageDescriptor) -> String {
    let members = Dictionary(grouping: message.fields.filter { $0.oneof != nil }) { $0.oneof }
    var told: Set<Int> = []
    var lines: [String] = []
    for field in message.fields {
      guard let oneof = field.oneof, let all = members[oneof], all.count > 1 else {
        lines.append("  " + text(field))
        continue
      }
      guard told.insert(oneof).inserted else { continue }
      lines.append("  oneof {")
      lines += all.map { "    " + text($0, isMember: true) }
      lines.append("  }")
    }
    return block("message \(message.name)", lines)
  }

  private static func text(_ field: FieldDescriptor, isMember: Bool = false) -> String {
    "\(label(field, isMember))\(type(field)) \(field.name) = \(field.number);"
  }

  private static func label(_ field: FieldDescriptor, _ isMember: Bool) -> String {
    if field.isMap { return "" }
    if field.isRepeated { return "repeated " }
    return field.presence == .oneof && !isMember ? "optional " : ""
  }

  private static func type(_ field: FieldDescriptor) -> String {
    if field.isMap, let entry = field.message, let key = entry.field(number: 1),
      let value = entry.field(number: 2)
    {
      return "map<\(type(key)), \(type(value))>"
    }
    switch field.kind {
    case .enumeration(let proto): return proto.name
    case .message(let message): return message.name
    case .int32, .sint32, .sfixed32, .int64, .sint64, .sfixed64, .uint32, .fixed32, .uint64,
      .fixed64, .float, .double, .bool, .string, .bytes:
      return "\(field.kind)"
    }
  }

  private static func text(_ proto: EnumDescriptor) -> String {
    block("enum \(proto.name)", proto.values.map { "  \($0.name) = \($0.number);" })
  }

  private static func block(_ head: String, _ lines: [String]) -> String {
    lines.isEmpty ? "\(head) {}" : ([head + " {"] + lines + ["}"]).joined(separator: "\n")
  }
}
