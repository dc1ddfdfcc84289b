import PorticoAPI
import Protobuf

/// A part that reads bytes from strangers, and what must hold whatever they are. Run by libFuzzer (Tests/Fuzz) on
/// inputs of its own, and by the ordinary tests on the committed ones.
enum FuzzTarget: String, CaseIterable, Sendable {
  /// gRPC's length-prefixed messages, in pieces, some of them compressed.
  case deframer
  /// The checked decode of every message of the API, and of the testing protos into Swift values.
  case decoder
  /// JSON as every message of the API.
  case json
  /// Serialized descriptors, and messages of the types that they make.
  case descriptors
  /// Bodies of gRPC-Web and Connect, in pieces, as bytes and as base64.
  case envelopes
  /// `grpc-message`.
  case percent
  /// Binary metadata, and timeouts.
  case base64

  /// What did not hold; the input is a finding.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  func run(_ input: [UInt8]) throws(Violation) {
    switch self {
    case .deframer: try DeframerFuzz.run(input)
    case .decoder: try DecoderFuzz.run(input)
    case .json: try JSONFuzz.run(input)
    case .descriptors: try DescriptorFuzz.run(input)
    case .envelopes: try EnvelopeFuzz.run(input)
    case .percent: try PercentFuzz.run(input)
    case .base64: try Base64Fuzz.run(input)
    }
  }
}

func expect(
  _ holds: Bool, _ what: @autoclosure () -> String
) throws(FuzzTarget.Violation) {
  guard holds else { throw FuzzTarget.Violation(what()) }
}

/// The types that inputs are read as. The first two bytes of an input pick one, so the list must only grow at its end.
enum FuzzTypes {
  static let descriptors: [MessageDescriptor] = {
    let own: [any Message.Type] = typed
    let methods = Methods.all.flatMap { [$0.input, $0.output] }.sorted { $0.name < $1.name }
    var seen: Set<MessageDescriptor> = []
    return (own.map { $0.descriptor } + methods).filter { seen.insert($0).inserted }
  }()

  static let registry = TypeRegistry(descriptors)

  static let typed: [any Message.Type] = [
    PorticoTesting.Node.self, PorticoTesting.Left.self, PorticoTesting.Scalars.self,
    PorticoTesting.Optionals.self, PorticoTesting.Lists.self, PorticoTesting.Choice.self,
    PorticoTesting.Maps.self, PorticoTesting.Widget.self, PorticoTesting.Keywords.self,
    TestingNames.Words.self, TestingNames.Shadows.self, TestingNames.Chicken.self,
  ]

  /// The picked index below `count` and the rest of the input.
  static func pick(_ input: [UInt8], below count: Int) -> (index: Int, rest: [UInt8])? {
    guard input.count >= 2 else { return nil }
    return ((Int(input[0]) << 8 | Int(input[1])) % count, Array(input[2...]))
  }
}
