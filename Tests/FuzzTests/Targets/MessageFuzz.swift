import PorticoAPI
import Protobuf

enum DecoderFuzz {
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    guard let (index, bytes) = FuzzTypes.pick(input, below: FuzzTypes.descriptors.count) else {
      return
    }
    if FuzzTypes.typed.indices.contains(index) { try roundTrip(FuzzTypes.typed[index], bytes) }
    try json(FuzzTypes.descriptors[index], bytes)
  }

  /// What a value writes, it reads again, and writes the same.
  private static func roundTrip<M: Message>(
    _ type: M.Type, _ bytes: [UInt8]
  ) throws(FuzzTarget.Violation) {
    let value: M
    do { value = try M(serialized: bytes) } catch { return }
    do {
      let written = try value.serialized()
      let again = try M(serialized: written).serialized()
      try expect(written == again, "\(M.self) writes otherwise what it has read")
    } catch let violation as FuzzTarget.Violation {
      throw violation
    } catch DecodingError.resourceExhausted {
      // Canonical bytes may be fewer than those that came, and so is their budget.
      return
    } catch { throw FuzzTarget.Violation("\(M.self) does not read what it wrote: \(error)") }
  }

  /// What is written as JSON is read again as the same message, unless its values have no JSON form.
  static func json(
    _ type: MessageDescriptor, _ bytes: [UInt8]
  ) throws(FuzzTarget.Violation) {
    let options = JSONOptions(types: FuzzTypes.registry)
    let text: [UInt8]
    do { text = try type.json(fromSerialized: bytes, options: options) } catch { return }
    do {
      let wire = try type.serialized(fromJSON: text, types: FuzzTypes.registry)
      let again = try type.json(fromSerialized: wire, options: options)
      try expect(text == again, "\(type.name): \(String(decoding: text, as: UTF8.self))")
    } catch let violation as FuzzTarget.Violation {
      throw violation
    } catch { return }
  }
}

enum JSONFuzz {
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    guard let (index, text) = FuzzTypes.pick(input, below: FuzzTypes.descriptors.count) else {
      return
    }
    let type = FuzzTypes.descriptors[index]
    let wire: [UInt8]
    do { wire = try type.serialized(fromJSON: text, types: FuzzTypes.registry) } catch { return }
    do {
      let options = JSONOptions(types: FuzzTypes.registry)
      let written = try type.json(fromSerialized: wire, options: options)
      let again = try type.serialized(fromJSON: written, types: FuzzTypes.registry)
      try expect(again == wire, "\(type.name) reads otherwise what it wrote")
    } catch let violation as FuzzTarget.Violation {
      throw violation
    } catch {
      throw FuzzTarget.Violation("\(type.name) does not write or read what it read: \(error)")
    }
  }
}

enum DescriptorFuzz {
  /// A FileDescriptorProto with its length in two bytes, then a message of its first types.
  static func run(_ input: [UInt8]) throws(FuzzTarget.Violation) {
    guard input.count >= 2 else { return }
    let count = min(Int(input[0]) << 8 | Int(input[1]), input.count - 2)
    let file = Array(input[2..<(2 + count)])
    // Pools are never freed: a small one leaks little, and a campaign has millions.
    let limits = DescriptorLimits(bytes: 1 << 14, elements: 300)
    let pool: DescriptorPool
    do { pool = try DescriptorPool(files: [file], limits: limits) } catch { return }
    for type in pool.messages.prefix(4) {
      try DecoderFuzz.json(type, Array(input[(2 + count)...]))
      try DecoderFuzz.json(type, [])
    }
  }
}
