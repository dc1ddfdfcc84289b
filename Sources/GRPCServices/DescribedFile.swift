import CPorticoProto

/// One proto file as reflection needs it: the names it declares and the extensions, beside its bytes.
struct DescribedFile: Sendable {
  struct Extension: Sendable, Hashable {
    /// Full name of the message it extends.
    let extendee: String
    let number: Int32
  }

  let path: String
  /// The FileDescriptorProto.
  let serialized: [UInt8]
  /// Paths of the files it imports.
  let dependencies: [String]
  /// Full names of its services, in their order.
  let services: [String]
  /// Full names of all it declares: types, services, methods, fields, oneofs, enum values, extensions.
  let symbols: [String]
  let extensions: [Extension]

  /// Nil when the bytes are no FileDescriptorProto.
  init?(serialized: [UInt8]) {
    guard
      let proto = google__protobuf__file_descriptor_proto__unpack(
        nil, serialized.count, serialized)
    else { return nil }
    defer { google__protobuf__file_descriptor_proto__free_unpacked(proto, nil) }
    let file = proto.pointee
    var declared = Declarations()
    declared.add(file, in: text(file.package))
    self.serialized = serialized
    path = text(file.name)
    dependencies = items(file.n_dependency, file.dependency).map { text($0) }
    services = declared.services
    symbols = declared.symbols
    extensions = declared.extensions
  }
}

/// What is declared, gathered while walking down a file.
private struct Declarations {
  var services: [String] = []
  var symbols: [String] = []
  var extensions: [DescribedFile.Extension] = []

  mutating func add(_ file: Google__Protobuf__FileDescriptorProto, in package: String) {
    for message in items(file.n_message_type, file.message_type) {
      add(message.pointee, in: package)
    }
    for proto in items(file.n_enum_type, file.enum_type) { add(proto.pointee, in: package) }
    for field in items(file.n_extension, file.extension) {
      add(extension: field.pointee, in: package)
    }
    for service in items(file.n_service, file.service) {
      let name = declare(service.pointee.name, in: package)
      services.append(name)
      for method in items(service.pointee.n_method, service.pointee.method) {
        declare(method.pointee.name, in: name)
      }
    }
  }

  private mutating func add(_ message: Google__Protobuf__DescriptorProto, in scope: String) {
    let name = declare(message.name, in: scope)
    for field in items(message.n_field, message.field) { declare(field.pointee.name, in: name) }
    for oneof in items(message.n_oneof_decl, message.oneof_decl) {
      declare(oneof.pointee.name, in: name)
    }
    for nested in items(message.n_nested_type, message.nested_type) {
      add(nested.pointee, in: name)
    }
    for proto in items(message.n_enum_type, message.enum_type) { add(proto.pointee, in: name) }
    for field in items(message.n_extension, message.extension) {
      add(extension: field.pointee, in: name)
    }
  }

  /// The values of an enum are its siblings, as in C++.
  private mutating func add(_ proto: Google__Protobuf__EnumDescriptorProto, in scope: String) {
    declare(proto.name, in: scope)
    for value in items(proto.n_value, proto.value) { declare(value.pointee.name, in: scope) }
  }

  private mutating func add(
    extension field: Google__Protobuf__FieldDescriptorProto, in scope: String
  ) {
    declare(field.name, in: scope)
    let extendee = String(text(field.extendee).drop { $0 == "." })
    extensions.append(.init(extendee: extendee, number: field.number))
  }

  @discardableResult
  private mutating func declare(_ name: UnsafePointer<CChar>?, in scope: String) -> String {
    let fullName = scope.isEmpty ? text(name) : "\(scope).\(text(name))"
    symbols.append(fullName)
    return fullName
  }
}

/// The elements of a repeated message or string field.
private func items<T>(_ count: Int, _ start: UnsafeMutablePointer<T?>?) -> [T] {
  guard let start else { return [] }
  return (0..<count).compactMap { start[$0] }
}

/// A C string, or nothing for NULL.
private func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}
