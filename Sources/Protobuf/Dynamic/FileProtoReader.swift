/// Reads serialized descriptors from strangers: bounded in nesting and number, every text checked.
struct FileProtoReader {
  private var elementsLeft: Int
  private let nesting: Int
  private var file = ""

  init(_ limits: DescriptorLimits) {
    elementsLeft = limits.elements
    nesting = limits.nesting
  }

  mutating func file(_ bytes: ArraySlice<UInt8>) throws(DescriptorError) -> FileProto {
    var result = FileProto()
    file = ""
    var services: [ArraySlice<UInt8>] = []
    var messages: [ArraySlice<UInt8>] = []
    var enums: [ArraySlice<UInt8>] = []
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 2: result.package = try reader.text(value)
      case 3: result.dependencies.append(try reader.text(value))
      case 4: messages.append(try reader.data(value))
      case 5: enums.append(try reader.data(value))
      case 6: services.append(try reader.data(value))
      case 8: result.features = try reader.features(inOptions: value, number: 50)
      case 12: result.syntax = try reader.text(value)
      case 14: result.edition = try reader.int32(value)
      default: break
      }
    }
    file = result.name
    for bytes in messages { result.messages.append(try message(bytes, depth: 1)) }
    for bytes in enums { result.enums.append(try enumeration(bytes)) }
    for bytes in services { result.services.append(try service(bytes)) }
    return result
  }

  private mutating func message(
    _ bytes: ArraySlice<UInt8>, depth: Int
  ) throws(DescriptorError) -> MessageProto {
    guard depth <= nesting else { throw failure("messages are declared \(nesting) deep and more") }
    var result = MessageProto()
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 2: result.fields.append(try reader.field(try reader.data(value)))
      case 3:
        result.messages.append(try reader.message(try reader.data(value), depth: depth + 1))
      case 4: result.enums.append(try reader.enumeration(try reader.data(value)))
      case 7:
        result.features = try reader.features(inOptions: value, number: 12)
        let options = try reader.flags(value, [3, 7])
        result.isDeprecated = options[3] == true
        result.isMapEntry = options[7] == true
      case 8: result.oneofs.append(try reader.nameOnly(value))
      default: break
      }
    }
    return result
  }

  private mutating func field(_ bytes: ArraySlice<UInt8>) throws(DescriptorError) -> FieldProto {
    var result = FieldProto()
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 3: result.number = try reader.int32(value)
      case 4: result.label = try reader.int32(value)
      case 5: result.type = try reader.int32(value)
      case 6: result.typeName = try reader.text(value)
      case 8:
        result.features = try reader.features(inOptions: value, number: 21)
        let options = try reader.flags(value, [2, 3])
        result.isPacked = options[2]
        result.isDeprecated = options[3] == true
      case 9: result.oneof = Int(try reader.int32(value))
      case 10: result.jsonName = try reader.text(value)
      case 17: result.isProto3Optional = value.bool ?? false
      default: break
      }
    }
    return result
  }

  private mutating func enumeration(
    _ bytes: ArraySlice<UInt8>
  ) throws(DescriptorError) -> EnumProto {
    var result = EnumProto()
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 2:
        var item = (name: "", number: Int32(0))
        try reader.each(try reader.data(value)) { number, value, reader throws(DescriptorError) in
          switch number {
          case 1: item.name = try reader.text(value)
          case 2: item.number = try reader.int32(value)
          default: break
          }
        }
        result.values.append(item)
      default: break
      }
    }
    return result
  }

  private mutating func service(
    _ bytes: ArraySlice<UInt8>
  ) throws(DescriptorError) -> ServiceProto {
    var result = ServiceProto()
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 2: result.methods.append(try reader.method(try reader.data(value)))
      case 3: result.isDeprecated = try reader.flags(value, [33])[33] == true
      default: break
      }
    }
    return result
  }

  private mutating func method(_ bytes: ArraySlice<UInt8>) throws(DescriptorError) -> MethodProto {
    var result = MethodProto()
    try each(bytes) { number, value, reader throws(DescriptorError) in
      switch number {
      case 1: result.name = try reader.text(value)
      case 2: result.input = try reader.text(value)
      case 3: result.output = try reader.text(value)
      case 4:
        result.isDeprecated = try reader.flags(value, [33])[33] == true
        try reader.each(try reader.data(value)) { number, value, reader throws(DescriptorError) in
          if number == 34 { result.idempotency = try reader.int32(value) }
        }
      case 5: result.streamsRequests = value.bool ?? false
      case 6: result.streamsResponses = value.bool ?? false
      default: break
      }
    }
    return result
  }
}

// What every level needs.
extension FileProtoReader {
  /// Calls `body` with each field of a message, and counts the message as an element.
  private mutating func each(
    _ bytes: ArraySlice<UInt8>,
    _ body: (Int, WireReader.Value, inout FileProtoReader) throws(DescriptorError) -> Void
  ) throws(DescriptorError) {
    elementsLeft -= 1
    guard elementsLeft >= 0 else { throw failure("there are more elements than a pool may hold") }
    var reader = WireReader(bytes)
    while true {
      let next: (number: Int, value: WireReader.Value)?
      do { next = try reader.next() } catch { throw failure("the bytes are no descriptor") }
      guard let next else { return }
      try body(next.number, next.value, &self)
    }
  }

  private func failure(_ reason: String) -> DescriptorError { DescriptorError(file: file, reason) }

  private func text(_ value: WireReader.Value) throws(DescriptorError) -> String {
    guard let text = value.text else { throw failure("a name is not text") }
    return text
  }

  private func int32(_ value: WireReader.Value) throws(DescriptorError) -> Int32 {
    guard let number = value.int32 else { throw failure("a number has another type") }
    return number
  }

  private func data(_ value: WireReader.Value) throws(DescriptorError) -> ArraySlice<UInt8> {
    guard let data = value.data else { throw failure("a message has another type") }
    return data
  }

  private mutating func nameOnly(_ value: WireReader.Value) throws(DescriptorError) -> String {
    var name = ""
    try each(try data(value)) { number, value, reader throws(DescriptorError) in
      if number == 1 { name = try reader.text(value) }
    }
    return name
  }

  /// The boolean options with these numbers that are set.
  private mutating func flags(
    _ value: WireReader.Value, _ numbers: Set<Int>
  ) throws(DescriptorError) -> [Int: Bool] {
    var flags: [Int: Bool] = [:]
    try each(try data(value)) { number, value, _ throws(DescriptorError) in
      if numbers.contains(number), let flag = value.bool { flags[number] = flag }
    }
    return flags
  }

  private mutating func features(
    inOptions value: WireReader.Value, number wanted: Int
  ) throws(DescriptorError) -> FeatureSet {
    var features = FeatureSet()
    try each(try data(value)) { number, value, reader throws(DescriptorError) in
      guard number == wanted else { return }
      try reader.each(try reader.data(value)) { number, value, reader throws(DescriptorError) in
        switch number {
        case 1: features.presence = try reader.int32(value)
        case 3: features.encoding = try reader.int32(value)
        case 5: features.messageEncoding = try reader.int32(value)
        default: break
        }
      }
    }
    return features
  }
}
