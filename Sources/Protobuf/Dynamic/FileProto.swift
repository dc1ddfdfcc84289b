/// What a pool takes from a FileDescriptorProto: names and shapes, no options of others' making.
struct FileProto {
  var name = ""
  var package = ""
  var dependencies: [String] = []
  var syntax = "proto2"
  var edition: Int32 = 0
  var messages: [MessageProto] = []
  var enums: [EnumProto] = []
  var services: [ServiceProto] = []
  var features = FeatureSet()
}

struct MessageProto {
  var name = ""
  var fields: [FieldProto] = []
  var messages: [MessageProto] = []
  var enums: [EnumProto] = []
  var oneofs: [String] = []
  var isMapEntry = false
  var isDeprecated = false
  var features = FeatureSet()
}

struct FieldProto {
  var name = ""
  var jsonName: String?
  var number: Int32 = 0
  /// FieldDescriptorProto.Label: 1 optional, 2 required, 3 repeated.
  var label: Int32 = 1
  /// FieldDescriptorProto.Type, 0 where only the type name was given.
  var type: Int32 = 0
  var typeName = ""
  var oneof: Int?
  var isProto3Optional = false
  var isPacked: Bool?
  var isDeprecated = false
  var features = FeatureSet()
}

struct EnumProto {
  var name = ""
  var values: [(name: String, number: Int32)] = []
}

struct ServiceProto {
  var name = ""
  var methods: [MethodProto] = []
  var isDeprecated = false
}

struct MethodProto {
  var name = ""
  var input = ""
  var output = ""
  var streamsRequests = false
  var streamsResponses = false
  var isDeprecated = false
  /// MethodOptions.IdempotencyLevel: 1 no side effects, 2 idempotent.
  var idempotency: Int32 = 0
}

/// `google.protobuf.FeatureSet` of editions, as far as the wire is concerned; unset ones are inherited.
struct FeatureSet {
  /// 1 explicit, 2 implicit, 3 legacy required.
  var presence: Int32?
  /// 1 packed, 2 expanded.
  var encoding: Int32?
  /// 1 length-prefixed, 2 delimited (a group on the wire).
  var messageEncoding: Int32?

  func inheriting(_ outer: FeatureSet) -> FeatureSet {
    FeatureSet(
      presence: presence ?? outer.presence, encoding: encoding ?? outer.encoding,
      messageEncoding: messageEncoding ?? outer.messageEncoding)
  }
}
