/// All files together, with what one element has to know of another.
struct SchemaIndex {
  let files: [ProtoFile]
  /// Swift type of a message or enum by full proto name, `Ticketing.Ticket`.
  private(set) var swiftTypes: [String: String] = [:]
  private(set) var messages: [String: ProtoMessage] = [:]
  private(set) var enums: [String: ProtoEnum] = [:]
  /// Messages by what they hold directly, through singular fields.
  private var holds: [String: Set<String>] = [:]

  init(_ files: [ProtoFile]) {
    self.files = files
    for file in files {
      let namespace = Self.namespace(of: file)
      for message in file.messages { add(message, in: namespace) }
      for proto in file.enums { add(proto, in: namespace) }
    }
  }

  static func namespace(of file: ProtoFile) -> String {
    SwiftNames.namespace(package: file.package, swiftPrefix: file.swiftPrefix)
  }

  private mutating func add(_ message: ProtoMessage, in scope: String) {
    let type = "\(scope).\(SwiftNames.type(message.name))"
    swiftTypes[message.fullName] = type
    messages[message.fullName] = message
    holds[message.fullName] = Set(
      message.fields.compactMap { field in
        guard !field.isRepeated, case .message(let name) = field.kind else { return nil }
        return name
      })
    for nested in message.messages { add(nested, in: type) }
    for proto in message.enums { add(proto, in: type) }
  }

  private mutating func add(_ proto: ProtoEnum, in scope: String) {
    swiftTypes[proto.fullName] = "\(scope).\(SwiftNames.type(proto.name))"
    enums[proto.fullName] = proto
  }

  /// Whether a value of `message` can hold another one without an array in between, by way of a
  /// field of type `field`: such a field goes to the heap.
  func isRecursive(_ message: String, through field: String) -> Bool {
    var pending = [field]
    var seen: Set<String> = []
    while let next = pending.popLast() {
      if next == message { return true }
      guard seen.insert(next).inserted else { continue }
      pending += holds[next] ?? []
    }
    return false
  }

  /// The entry message of a map field, or nil.
  func mapEntry(_ field: ProtoField) -> ProtoMessage? {
    guard field.isRepeated, case .message(let name) = field.kind, let entry = messages[name],
      entry.isMapEntry
    else { return nil }
    return entry
  }
}

extension ProtoFile {
  /// Google's, gRPC's and OpenTelemetry's definitions go to WellKnown, ours to PorticoAPI.
  /// They are everybody's, and carry no option of ours.
  var isWellKnown: Bool {
    ["google.", "grpc.", "opentelemetry."].contains { package.hasPrefix($0) }
  }

  /// Files that only describe files: their C is used by protogen, nothing else needs them.
  var isMeta: Bool {
    path == "google/protobuf/descriptor.proto" || package == "google.protobuf.compiler"
      || (package == "google.api" && path != "google/api/httpbody.proto")
  }
}
