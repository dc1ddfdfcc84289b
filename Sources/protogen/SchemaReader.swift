import CPorticoProto
import Foundation

/// Turns a serialized FileDescriptorSet into the model, through libprotobuf-c and its generated
/// structures of google/protobuf/descriptor.proto.
struct SchemaReader {
  typealias FileProto = UnsafeMutablePointer<Google__Protobuf__FileDescriptorProto>

  /// The files of the set, in its order: each after those that it imports.
  static func files(ofSet bytes: [UInt8]) throws -> [ProtoFile] {
    guard let set = google__protobuf__file_descriptor_set__unpack(nil, bytes.count, bytes) else {
      throw GenerationError(file: "descriptor set", element: "set", reason: "cannot be read")
    }
    defer { google__protobuf__file_descriptor_set__free_unpacked(set, nil) }
    return try files(items(set.pointee.n_file, set.pointee.file))
  }

  /// The files, in their order.
  static func files(_ protos: [FileProto]) throws -> [ProtoFile] {
    try protos.map { try SchemaReader($0).read() }
  }

  private let proto: FileProto
  private let path: String
  private let comments: [[Int32]: String]

  private init(_ proto: FileProto) {
    self.proto = proto
    path = text(proto.pointee.name)
    comments = Self.comments(of: proto)
  }

  private func read() throws -> ProtoFile {
    let file = proto.pointee
    let package = text(file.package)
    return ProtoFile(
      path: path, package: package,
      swiftPrefix: file.options.map { text($0.pointee.swift_prefix) } ?? "",
      dependencies: items(file.n_dependency, file.dependency).map { text($0) },
      messages: try items(file.n_message_type, file.message_type).enumerated().map {
        try message($0.element, in: package, at: [4, Int32($0.offset)])
      },
      enums: items(file.n_enum_type, file.enum_type).enumerated().map {
        enumeration($0.element, in: package, at: [5, Int32($0.offset)])
      },
      services: try items(file.n_service, file.service).enumerated().map {
        try service($0.element, in: package, at: [6, Int32($0.offset)])
      },
      serialized: withoutComments())
  }

  /// The file as reflection hands it out.
  private func withoutComments() -> [UInt8] {
    let info = proto.pointee.source_code_info
    proto.pointee.source_code_info = nil
    defer { proto.pointee.source_code_info = info }
    let size = google__protobuf__file_descriptor_proto__get_packed_size(proto)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      guard let start = buffer.baseAddress else { return }
      count = google__protobuf__file_descriptor_proto__pack(proto, start)
    }
  }

  private static func comments(of proto: FileProto) -> [[Int32]: String] {
    guard let info = proto.pointee.source_code_info else { return [:] }
    var comments: [[Int32]: String] = [:]
    for location in items(info.pointee.n_location, info.pointee.location) {
      let leading = text(location.pointee.leading_comments)
      guard !leading.isEmpty else { continue }
      let path = Array(
        UnsafeBufferPointer(start: location.pointee.path, count: location.pointee.n_path))
      comments[path] = leading.split(separator: "\n", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
        .joined(separator: "\n").trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return comments
  }

  private func message(
    _ proto: UnsafeMutablePointer<Google__Protobuf__DescriptorProto>, in scope: String,
    at location: [Int32]
  ) throws -> ProtoMessage {
    let message = proto.pointee
    let fullName = "\(scope).\(text(message.name))"
    let ranges = items(message.n_reserved_range, message.reserved_range)
    let fields = try items(message.n_field, message.field).enumerated().map {
      try field($0.element, of: fullName, at: location + [2, Int32($0.offset)])
    }
    return ProtoMessage(
      name: text(message.name), fullName: fullName, comment: comments[location] ?? "",
      isMapEntry: message.options.map { $0.pointee.map_entry != 0 } ?? false,
      fields: fields,
      oneofs: items(message.n_oneof_decl, message.oneof_decl).enumerated().map { index, oneof in
        ProtoOneof(
          name: text(oneof.pointee.name),
          comment: comments[location + [8, Int32(index)]] ?? "",
          isSynthetic: fields.contains { $0.oneof == index && $0.isOptional })
      },
      messages: try items(message.n_nested_type, message.nested_type).enumerated().map {
        try self.message($0.element, in: fullName, at: location + [3, Int32($0.offset)])
      },
      enums: items(message.n_enum_type, message.enum_type).enumerated().map {
        enumeration($0.element, in: fullName, at: location + [4, Int32($0.offset)])
      },
      reserved: ProtoReserved(
        // The end is exclusive here.
        numbers: ranges.map { ($0.pointee.start, $0.pointee.end - 1) },
        names: Set(items(message.n_reserved_name, message.reserved_name).map { text($0) })))
  }

  private func field(
    _ proto: UnsafeMutablePointer<Google__Protobuf__FieldDescriptorProto>, of message: String,
    at location: [Int32]
  ) throws -> ProtoField {
    let field = proto.pointee
    let name = text(field.name)
    guard let kind = Self.kind(Int(field.type.rawValue), typeName: text(field.type_name)) else {
      throw GenerationError(
        file: path, element: "\(message).\(name)", reason: "groups are not supported")
    }
    let options = OptionBytes(unknownFieldsOf: field.options)
    return ProtoField(
      name: name, jsonName: text(field.json_name), number: Int(field.number), kind: kind,
      isRepeated: field.label.rawValue == 3, isRequired: field.label.rawValue == 2,
      isOptional: field.proto3_optional != 0,
      oneof: field.has_oneof_index != 0 ? Int(field.oneof_index) : nil,
      comment: comments[location] ?? "",
      isDeprecated: field.options.map { $0.pointee.deprecated != 0 } ?? false,
      behaviors: options.numbers(1052), audience: options.numbers(51211).last ?? 0)
  }

  private static func kind(_ type: Int, typeName: String) -> ProtoField.Kind? {
    let typeName = String(typeName.drop { $0 == "." })
    switch type {
    case 1: return .double
    case 2: return .float
    case 3: return .int64
    case 4: return .uint64
    case 5: return .int32
    case 6: return .fixed64
    case 7: return .fixed32
    case 8: return .bool
    case 9: return .string
    case 11: return .message(typeName)
    case 12: return .bytes
    case 13: return .uint32
    case 14: return .enumeration(typeName)
    case 15: return .sfixed32
    case 16: return .sfixed64
    case 17: return .sint32
    case 18: return .sint64
    default: return nil
    }
  }

  private func enumeration(
    _ proto: UnsafeMutablePointer<Google__Protobuf__EnumDescriptorProto>, in scope: String,
    at location: [Int32]
  ) -> ProtoEnum {
    ProtoEnum(
      name: text(proto.pointee.name), fullName: "\(scope).\(text(proto.pointee.name))",
      comment: comments[location] ?? "",
      values: items(proto.pointee.n_value, proto.pointee.value).enumerated().map {
        ProtoEnum.Value(
          name: text($0.element.pointee.name), number: $0.element.pointee.number,
          comment: comments[location + [2, Int32($0.offset)]] ?? "",
          audience: OptionBytes(unknownFieldsOf: $0.element.pointee.options)
            .numbers(51212).last ?? 0)
      },
      reserved: ProtoReserved(
        // The end is inclusive here.
        numbers: items(proto.pointee.n_reserved_range, proto.pointee.reserved_range)
          .map { ($0.pointee.start, $0.pointee.end) },
        names: Set(
          items(proto.pointee.n_reserved_name, proto.pointee.reserved_name).map { text($0) })))
  }

  private func service(
    _ proto: UnsafeMutablePointer<Google__Protobuf__ServiceDescriptorProto>, in package: String,
    at location: [Int32]
  ) throws -> ProtoService {
    let fullName = "\(package).\(text(proto.pointee.name))"
    return ProtoService(
      name: text(proto.pointee.name), fullName: fullName, comment: comments[location] ?? "",
      methods: try items(proto.pointee.n_method, proto.pointee.method).enumerated().map {
        try method($0.element, of: fullName, at: location + [2, Int32($0.offset)])
      })
  }

  private func method(
    _ proto: UnsafeMutablePointer<Google__Protobuf__MethodDescriptorProto>, of service: String,
    at location: [Int32]
  ) throws -> ProtoMethod {
    let method = proto.pointee
    let name = text(method.name)
    let options = OptionBytes(unknownFieldsOf: method.options)
    let reader = MethodOptionsReader(file: path, element: "\(service).\(name)", options: options)
    return ProtoMethod(
      name: name, service: service, comment: comments[location] ?? "",
      input: String(text(method.input_type).drop { $0 == "." }),
      output: String(text(method.output_type).drop { $0 == "." }),
      streamsRequests: method.client_streaming != 0,
      streamsResponses: method.server_streaming != 0,
      idempotency: method.options.map { Int($0.pointee.idempotency_level.rawValue) } ?? 0,
      isDeprecated: method.options.map { $0.pointee.deprecated != 0 } ?? false,
      access: try reader.access() ?? publicRule, bindings: try reader.bindings())
  }

  /// gRPC's own definitions and OpenTelemetry's are everybody's and carry no option of ours. They are open to anyone: what
  /// they tell is no secret of a tenant, and a process offers them only where it was told to.
  private var publicRule: ProtoMethod.Access? {
    let package = text(proto.pointee.package)
    let isPublic = package.hasPrefix("grpc.") || package.hasPrefix("opentelemetry.")
    return isPublic ? ProtoMethod.Access(callers: .anyone, services: []) : nil
  }
}

/// The elements of a repeated message or string field.
func items<T>(_ count: Int, _ start: UnsafeMutablePointer<T?>?) -> [T] {
  guard let start else { return [] }
  return (0..<count).compactMap { start[$0] }
}

/// A C string, or nothing for NULL.
func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}
