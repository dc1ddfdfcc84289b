// transcoder: our codec at the end of a pipe, so that another implementation can be set beside it.
//
// In: records of a 4-byte little-endian length and that many bytes; an operation's letter, the full name of a message, a
// newline, and the input. Out: records of the same form; `+` and the result, or `-` and why there is none.
import Foundation
import PorticoAPI
import Protobuf
import WellKnown

@main
enum Transcoder {
  static func main() throws {
    let desk = try Desk()
    let input = FileHandle.standardInput
    while let head = try input.read(upToCount: 4), head.count == 4 {
      let count = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
      var record = Data()
      while record.count < count, let more = try input.read(upToCount: count - record.count) {
        record.append(more)
      }
      let answer = desk.answer([UInt8](record))
      let length = withUnsafeBytes(of: UInt32(answer.count).littleEndian) { Data($0) }
      try FileHandle.standardOutput.write(contentsOf: length + answer)
    }
  }
}

/// Carries out operations on messages of the types it knows, compiled in or made at run time.
struct Desk {
  private let pool: DescriptorPool
  private let compiled: [String: any Message.Type]

  init() throws {
    pool = try DescriptorPool(
      files: FileDescriptors.all.compactMap { Data(base64Encoded: $0.base64).map { [UInt8]($0) } })
    let types: [any Message.Type] = [
      PorticoTesting.Node.self, PorticoTesting.Left.self, PorticoTesting.Scalars.self,
      PorticoTesting.Optionals.self, PorticoTesting.Lists.self, PorticoTesting.Choice.self,
      PorticoTesting.Keywords.self, PorticoTesting.Widget.self, PorticoTesting.Maps.self,
      TestingNames.Words.self, TestingNames.Shadows.self, TestingNames.Enums.self,
      TestingNames.Nodes.self, TestingNames.Chicken.self, GoogleProtobuf.Struct.self,
    ]
    compiled = Dictionary(types.map { ($0.descriptor.name, $0) }) { first, _ in first }
  }

  func answer(_ record: [UInt8]) -> Data {
    do {
      guard let line = record.firstIndex(of: UInt8(ascii: "\n")), line > 0 else {
        throw Refusal(description: "a record has no name")
      }
      let name = String(decoding: record[1..<line], as: UTF8.self)
      let result = try perform(
        Character(Unicode.Scalar(record[0])), name, Array(record[(line + 1)...]))
      return Data([UInt8(ascii: "+")] + result)
    } catch {
      return Data("-\(error)".utf8)
    }
  }

  /// `w` wire to wire through the Swift value; `j`, `p` wire to JSON and back by the compiled descriptor; `J`, `P` by one
  /// that was made at run time.
  private func perform(
    _ operation: Character, _ name: String, _ input: [UInt8]
  ) throws -> [UInt8] {
    guard let type = compiled[name], let dynamic = pool.message(named: name) else {
      throw Refusal(description: "no such type")
    }
    switch operation {
    case "w": return try type.init(serialized: input).serialized()
    case "j": return try json(type.descriptor, input)
    case "J": return try json(dynamic, input)
    case "p": return try type.descriptor.serialized(fromJSON: input, types: pool.types)
    case "P": return try dynamic.serialized(fromJSON: input, types: pool.types)
    default: throw Refusal(description: "no such operation")
    }
  }

  private func json(_ type: MessageDescriptor, _ input: [UInt8]) throws -> [UInt8] {
    try type.json(fromSerialized: input, options: JSONOptions(types: pool.types))
  }
}

struct Refusal: Error, CustomStringConvertible {
  let description: String
}
