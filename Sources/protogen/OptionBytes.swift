import CPorticoProto

/// The options that descriptor.proto does not know, ours among them: an extension arrives as an
/// unknown field of the options message.
struct OptionBytes {
  struct Value {
    let number: UInt32
    let isLengthDelimited: Bool
    /// Without the length prefix.
    let bytes: [UInt8]
  }

  let values: [Value]

  /// Reads any protobuf-c structure, all of which begin with their base.
  init<C>(unknownFieldsOf options: UnsafeMutablePointer<C>?) {
    guard let options else {
      values = []
      return
    }
    let base = UnsafeRawPointer(options).assumingMemoryBound(to: ProtobufCMessage.self).pointee
    values = (0..<Int(base.n_unknown_fields)).map { index in
      let field = base.unknown_fields[index]
      let bytes = Array(UnsafeBufferPointer(start: field.data, count: Int(field.len)))
      let isLengthDelimited = field.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED
      let prefix = isLengthDelimited ? (bytes.firstIndex { $0 < 0x80 } ?? -1) + 1 : 0
      return Value(
        number: field.tag, isLengthDelimited: isLengthDelimited, bytes: Array(bytes[prefix...]))
    }
  }

  /// The payload of message option `number`; parts of it, if several came, are concatenated, which
  /// is how protobuf merges.
  func message(_ number: UInt32) -> [UInt8]? {
    let parts = values.filter { $0.number == number && $0.isLengthDelimited }
    return parts.isEmpty ? nil : parts.flatMap(\.bytes)
  }

  /// The values of a numeric or enum option, packed or not.
  func numbers(_ number: UInt32) -> [Int] {
    values.filter { $0.number == number }.flatMap { value in
      var numbers: [Int] = []
      var current: UInt64 = 0
      var shift: UInt64 = 0
      for byte in value.bytes {
        current |= UInt64(byte & 0x7F) << shift
        shift += 7
        if byte < 0x80 {
          numbers.append(Int(truncatingIfNeeded: current))
          (current, shift) = (0, 0)
        }
      }
      return numbers
    }
  }
}

/// Reads `google.api.http` and `portico.access.v1.rule` of one method.
struct MethodOptionsReader {
  let file: String
  let element: String
  let options: OptionBytes

  func access() throws -> ProtoMethod.Access? {
    guard let bytes = options.message(51210) else { return nil }
    guard let rule = portico__access__v1__rule__unpack(nil, bytes.count, bytes) else {
      throw GenerationError(file: file, element: element, reason: "its access rule cannot be read")
    }
    defer { portico__access__v1__rule__free_unpacked(rule, nil) }
    let services = items(rule.pointee.n_services, rule.pointee.services).map { text($0) }
    let callers: ProtoMethod.Callers
    switch rule.pointee.callers_case.rawValue {
    case 1 where rule.pointee.anyone != 0: callers = .anyone
    case 2 where rule.pointee.signed_in != 0: callers = .signedIn
    case 3 where rule.pointee.permission.rawValue != 0:
      callers = .permission(Int32(truncatingIfNeeded: rule.pointee.permission.rawValue))
    case 4 where rule.pointee.services_only != 0 && !services.isEmpty: callers = .servicesOnly
    default:
      throw GenerationError(
        file: file, element: element,
        reason: "its access rule names nobody: say anyone, signed_in, a permission, "
          + "or services_only with services")
    }
    return .init(
      callers: callers, services: services, needsStepUp: rule.pointee.step_up != 0)
  }

  func bindings() throws -> [ProtoMethod.Binding] {
    guard let bytes = options.message(72_295_728) else { return [] }
    guard let rule = google__api__http_rule__unpack(nil, bytes.count, bytes) else {
      throw GenerationError(file: file, element: element, reason: "its HTTP rule cannot be read")
    }
    defer { google__api__http_rule__free_unpacked(rule, nil) }
    let more = items(rule.pointee.n_additional_bindings, rule.pointee.additional_bindings)
    return try ([rule] + more).map { try binding($0.pointee) }
  }

  private func binding(_ rule: Google__Api__HttpRule) throws -> ProtoMethod.Binding {
    let (verb, template): (String, String)
    switch rule.pattern_case.rawValue {
    case 2: (verb, template) = ("GET", text(rule.get))
    case 3: (verb, template) = ("PUT", text(rule.put))
    case 4: (verb, template) = ("POST", text(rule.post))
    case 5: (verb, template) = ("DELETE", text(rule.delete_))
    case 6: (verb, template) = ("PATCH", text(rule.patch))
    case 8 where rule.custom != nil:
      (verb, template) = (text(rule.custom.pointee.kind), text(rule.custom.pointee.path))
    default: (verb, template) = ("", "")
    }
    guard !verb.isEmpty, template.hasPrefix("/") else {
      throw GenerationError(
        file: file, element: element, reason: "its HTTP rule has no verb with a path")
    }
    return .init(
      verb: verb, template: template, body: text(rule.body), responseBody: text(rule.response_body))
  }
}
