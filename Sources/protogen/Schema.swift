/// One proto file, read from a descriptor set.
struct ProtoFile {
  /// `portico/ticketing/v1/ticket.proto`.
  let path: String
  let package: String
  /// The file option of that name: the namespace of the Swift types, when set.
  let swiftPrefix: String
  let dependencies: [String]
  var messages: [ProtoMessage]
  var enums: [ProtoEnum]
  var services: [ProtoService]
  /// The FileDescriptorProto without comments, for reflection.
  let serialized: [UInt8]
}

struct ProtoMessage {
  let name: String
  /// With package and enclosing messages: `portico.ticketing.v1.Ticket`.
  let fullName: String
  let comment: String
  let isMapEntry: Bool
  var fields: [ProtoField]
  var oneofs: [ProtoOneof]
  var messages: [ProtoMessage]
  var enums: [ProtoEnum]
  var reserved = ProtoReserved()
}

/// What `reserved` keeps from being used again.
struct ProtoReserved {
  /// First and last of each range.
  var numbers: [(first: Int32, last: Int32)] = []
  var names: Set<String> = []

  func holds(number: Int, name: String) -> Bool {
    names.contains(name) && numbers.contains { $0.first <= number && number <= $0.last }
  }
}

struct ProtoOneof {
  let name: String
  let comment: String
  /// Made by protoc for a proto3 `optional`.
  let isSynthetic: Bool
}

struct ProtoField {
  enum Kind: Hashable {
    case int32, int64, uint32, uint64, sint32, sint64, fixed32, fixed64, sfixed32, sfixed64
    case float, double, bool, string, bytes
    case message(String)
    case enumeration(String)
  }

  let name: String
  let jsonName: String
  let number: Int
  let kind: Kind
  let isRepeated: Bool
  let isRequired: Bool
  let isOptional: Bool
  /// Index into the message's oneofs.
  let oneof: Int?
  let comment: String
  let isDeprecated: Bool
  /// Numbers of google.api.FieldBehavior.
  let behaviors: [Int]
  /// Number of portico.access.v1.Audience.
  let audience: Int
}

struct ProtoEnum {
  struct Value {
    let name: String
    let number: Int32
    let comment: String
    /// Number of portico.access.v1.Audience.
    var audience = 0
  }

  let name: String
  let fullName: String
  let comment: String
  let values: [Value]
  var reserved = ProtoReserved()
}

struct ProtoService {
  let name: String
  let fullName: String
  let comment: String
  var methods: [ProtoMethod]
}

struct ProtoMethod {
  enum Callers: Hashable {
    case anyone, signedIn, servicesOnly
    case permission(Int32)
  }

  struct Access {
    let callers: Callers
    let services: [String]
    var needsStepUp = false
  }

  struct Binding: Hashable {
    let verb: String
    let template: String
    /// `*`, a field, or nothing.
    let body: String
    let responseBody: String
  }

  let name: String
  /// Full name of its service.
  let service: String
  let comment: String
  /// Full names of the messages.
  let input: String
  let output: String
  let streamsRequests: Bool
  let streamsResponses: Bool
  /// google.protobuf.MethodOptions.IdempotencyLevel: 0 unknown, 1 no side effects, 2 idempotent.
  let idempotency: Int
  static let noSideEffects = 1
  let isDeprecated: Bool
  let access: Access?
  let bindings: [Binding]
}

/// Why nothing was generated: the proto file, the element in it, and what is wrong with it.
struct GenerationError: Error, CustomStringConvertible {
  let file: String
  let element: String
  let reason: String

  var description: String { "\(file): \(element): \(reason)" }
}
