import CProtobufC

/// Lays planned types out as the C structures that the codec reads. They are never freed: a descriptor is a
/// plain pointer that anyone may keep, and shapes derived from it are remembered by its address.
struct DescriptorLayout {
  private let plan: DescriptorPlan
  private let messages: UnsafeMutablePointer<ProtobufCMessageDescriptor>
  private let enums: UnsafeMutablePointer<ProtobufCEnumDescriptor>

  private init(_ plan: DescriptorPlan) {
    self.plan = plan
    messages = .allocate(capacity: plan.messages.count)
    enums = .allocate(capacity: plan.enums.count)
  }

  /// Descriptors in the order of the plan.
  static func build(
    _ plan: DescriptorPlan
  ) -> (messages: [MessageDescriptor], enums: [EnumDescriptor]) {
    let layout = DescriptorLayout(plan)
    for (index, item) in plan.enums.enumerated() {
      (layout.enums + index).initialize(to: layout.enumeration(item))
    }
    for (index, item) in plan.messages.enumerated() {
      (layout.messages + index).initialize(to: layout.message(item))
    }
    return (
      plan.messages.indices.map { MessageDescriptor(layout.messages + $0) },
      plan.enums.indices.map { EnumDescriptor(layout.enums + $0) }
    )
  }

  // MARK: Messages

  private func message(_ message: DescriptorPlan.Message) -> ProtobufCMessageDescriptor {
    var places = Places(oneofs: message.proto.oneofs.count)
    let fields = copied(message.fields.map { field($0, &places) })
    var byName = message.fields.indices.map { UInt32($0) }
    byName.sort { Self.precedes(message.fields[Int($0)].name, message.fields[Int($1)].name) }
    let ranges = Self.ranges(message.fields.map(\.number))
    var result = ProtobufCMessageDescriptor()
    result.magic = 0x28AA_EEF9
    result.name = cString(message.name)
    result.short_name = cString(message.proto.name)
    result.c_name = result.short_name
    result.package_name = cString(message.package)
    result.sizeof_message = places.size
    result.n_fields = UInt32(message.fields.count)
    result.fields = UnsafePointer(fields)
    result.fields_sorted_by_name = UnsafePointer(copied(byName))
    result.n_field_ranges = UInt32(ranges.count - 1)
    result.field_ranges = UnsafePointer(copied(ranges))
    return result
  }

  private func field(
    _ field: DescriptorPlan.Field, _ places: inout Places
  ) -> ProtobufCFieldDescriptor {
    let (offset, quantifier) = places.take(field)
    var result = ProtobufCFieldDescriptor()
    result.name = cString(field.name)
    result.id = UInt32(field.number)
    result.label = field.label
    result.type = field.type
    result.offset = UInt32(offset)
    result.quantifier_offset = UInt32(quantifier)
    var flags = 0
    if field.isPacked { flags |= Int(PROTOBUF_C_FIELD_FLAG_PACKED.rawValue) }
    if field.isDeprecated { flags |= Int(PROTOBUF_C_FIELD_FLAG_DEPRECATED.rawValue) }
    if field.oneof != nil { flags |= Int(PROTOBUF_C_FIELD_FLAG_ONEOF.rawValue) }
    result.flags = UInt32(flags)
    result.reserved_flags =
      FieldDescriptor.isDynamic | (field.isMap ? FieldDescriptor.isMapEntry : 0)
    if let name = field.jsonName {
      result.reserved2 = UnsafeMutableRawPointer(mutating: cString(name))
    }
    switch field.reference {
    case .message(let index): result.descriptor = UnsafeRawPointer(messages + index)
    case .enumeration(let index): result.descriptor = UnsafeRawPointer(enums + index)
    case nil: break
    }
    return result
  }

  // MARK: Enums

  private func enumeration(_ item: DescriptorPlan.Enumeration) -> ProtobufCEnumDescriptor {
    // An alias is listed once, under its first name.
    var first: [Int32: String] = [:]
    for value in item.values where first[value.number] == nil { first[value.number] = value.name }
    let numbers = first.keys.sorted()
    var places: [Int32: UInt32] = [:]
    for (index, number) in numbers.enumerated() { places[number] = UInt32(index) }
    let values = numbers.map { number in
      let name = cString(first[number] ?? "")
      return ProtobufCEnumValue(name: name, c_name: name, value: number)
    }
    let names = item.values.sorted { Self.precedes($0.name, $1.name) }.map {
      ProtobufCEnumValueIndex(name: cString($0.name), index: places[$0.number] ?? 0)
    }
    let ranges = Self.ranges(numbers)
    var result = ProtobufCEnumDescriptor()
    result.magic = 0x1143_15AF
    result.name = cString(item.name)
    result.short_name = cString(item.name.split(separator: ".").last.map(String.init) ?? "")
    result.c_name = result.short_name
    result.package_name = cString(item.package)
    result.n_values = UInt32(values.count)
    result.values = UnsafePointer(copied(values))
    result.n_value_names = UInt32(names.count)
    result.values_by_name = UnsafePointer(copied(names))
    result.n_value_ranges = UInt32(ranges.count - 1)
    result.value_ranges = UnsafePointer(copied(ranges))
    return result
  }

  // MARK: Memory

  /// Runs of consecutive numbers, and the element that the library expects after the last.
  private static func ranges(_ numbers: [Int32]) -> [ProtobufCIntRange] {
    var ranges: [ProtobufCIntRange] = []
    for (index, number) in numbers.enumerated()
    where index == 0 || numbers[index - 1] &+ 1 != number {
      ranges.append(ProtobufCIntRange(start_value: number, orig_index: UInt32(index)))
    }
    return ranges + [ProtobufCIntRange(start_value: 0, orig_index: UInt32(numbers.count))]
  }

  /// The order of strcmp.
  private static func precedes(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }

  private func copied<T>(_ values: [T]) -> UnsafeMutablePointer<T> {
    let start = UnsafeMutablePointer<T>.allocate(capacity: max(values.count, 1))
    start.initialize(from: values, count: values.count)
    return start
  }

  private func cString(_ text: String) -> UnsafePointer<CChar> {
    UnsafePointer(copied(text.utf8.map { CChar(bitPattern: $0) } + [0]))
  }
}

/// Hands out places in the C structure of one message, after the base that all begin with.
private struct Places {
  private var end = MemoryLayout<ProtobufCMessage>.size
  /// Members of a oneof share a union and a case, made with the first of them.
  private var unions: [(value: Int, selector: Int)?]

  init(oneofs: Int) { unions = Array(repeating: nil, count: oneofs) }

  var size: Int { (end + 7) & ~7 }

  mutating func take(_ field: DescriptorPlan.Field) -> (offset: Int, quantifier: Int) {
    if field.label == PROTOBUF_C_LABEL_REPEATED {
      let quantifier = take(8)
      return (take(8), quantifier)
    }
    if let oneof = field.oneof {
      let union = unions[oneof] ?? (value: take(16), selector: take(4))
      unions[oneof] = union
      return (union.value, union.selector)
    }
    let isFlagged =
      field.label == PROTOBUF_C_LABEL_OPTIONAL && field.type != PROTOBUF_C_TYPE_MESSAGE
    let quantifier = isFlagged ? take(4) : 0
    return (take(Self.size(field.type)), quantifier)
  }

  private mutating func take(_ size: Int) -> Int {
    let alignment = min(size, 8)
    let place = (end + alignment - 1) & ~(alignment - 1)
    end = place + size
    return place
  }

  private static func size(_ type: ProtobufCType) -> Int {
    switch type {
    case PROTOBUF_C_TYPE_INT64, PROTOBUF_C_TYPE_SINT64, PROTOBUF_C_TYPE_SFIXED64,
      PROTOBUF_C_TYPE_UINT64, PROTOBUF_C_TYPE_FIXED64, PROTOBUF_C_TYPE_DOUBLE,
      PROTOBUF_C_TYPE_STRING, PROTOBUF_C_TYPE_MESSAGE:
      8
    case PROTOBUF_C_TYPE_BYTES: 16
    default: 4
    }
  }
}
