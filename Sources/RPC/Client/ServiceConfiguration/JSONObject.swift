import Protobuf
import WellKnown

/// An object of a JSON text that knows where it stands; its members are read by the type they must have. A `null` is as
/// good as absent, as in protobuf's JSON.
struct JSONObject {
  private let path: String
  private let members: [String: GoogleProtobuf.Value]

  init(text: [UInt8]) throws(ServiceConfigurationError) {
    do {
      let wire = try GoogleProtobuf.Struct.descriptor.serialized(
        fromJSON: text, limits: JSONLimits(depth: 20))
      members = try GoogleProtobuf.Struct(serialized: wire).fields
    } catch {
      throw ServiceConfigurationError("", "is no JSON object: \(error)")
    }
    path = ""
  }

  private init(path: String, _ value: GoogleProtobuf.Struct) {
    self.path = path
    members = value.fields
  }

  var names: [String] { Array(members.keys) }

  func error(_ name: String, _ reason: String) -> ServiceConfigurationError {
    let separator = path.isEmpty || name.isEmpty ? "" : "."
    return ServiceConfigurationError(path + separator + name, reason)
  }

  /// Runs `body`; what it complains of is in this object.
  func inside<R>(
    _ body: () throws(ServiceConfigurationError) -> R
  ) throws(ServiceConfigurationError) -> R {
    do { return try body() } catch {
      if !path.isEmpty, error.field.hasPrefix(path) { throw error }
      throw self.error(error.field, error.reason)
    }
  }

  func required<R>(
    _ name: String, _ read: (String) throws(ServiceConfigurationError) -> R?
  ) throws(ServiceConfigurationError) -> R {
    guard let value = try read(name) else { throw error(name, "is missing") }
    return value
  }

  private func kind(_ name: String) -> GoogleProtobuf.Value.Kind? {
    if case .nullValue = members[name]?.kind { return nil }
    return members[name]?.kind
  }

  // MARK: members

  func object(_ name: String) throws(ServiceConfigurationError) -> JSONObject? {
    guard let kind = kind(name) else { return nil }
    guard case .structValue(let value) = kind else { throw error(name, "must be an object") }
    return JSONObject(path: error(name, "").field, value)
  }

  private func list(_ name: String) throws(ServiceConfigurationError) -> [GoogleProtobuf.Value]? {
    guard let kind = kind(name) else { return nil }
    guard case .listValue(let value) = kind else { throw error(name, "must be a list") }
    return value.values
  }

  /// Empty when there is no such member.
  func objects(_ name: String) throws(ServiceConfigurationError) -> [JSONObject] {
    var all: [JSONObject] = []
    for (index, value) in (try list(name) ?? []).enumerated() {
      guard case .structValue(let object) = value.kind else {
        throw error("\(name)[\(index)]", "must be an object")
      }
      all.append(JSONObject(path: error("\(name)[\(index)]", "").field, object))
    }
    return all
  }

  func string(_ name: String) throws(ServiceConfigurationError) -> String? {
    guard let kind = kind(name) else { return nil }
    guard case .stringValue(let value) = kind else { throw error(name, "must be a string") }
    return value
  }

  func bool(_ name: String) throws(ServiceConfigurationError) -> Bool? {
    guard let kind = kind(name) else { return nil }
    guard case .boolValue(let value) = kind else { throw error(name, "must be true or false") }
    return value
  }

  func number(_ name: String) throws(ServiceConfigurationError) -> Double? {
    guard let kind = kind(name) else { return nil }
    guard case .numberValue(let value) = kind else { throw error(name, "must be a number") }
    return value
  }

  func integer(_ name: String) throws(ServiceConfigurationError) -> Int? {
    guard let value = try number(name) else { return nil }
    guard let integer = Int(exactly: value) else { throw error(name, "must be an integer") }
    return integer
  }

  /// A size; protobuf's JSON writes 64-bit numbers as strings.
  func bytes(_ name: String) throws(ServiceConfigurationError) -> Int? {
    let size: Int?
    if case .stringValue(let text) = kind(name) {
      size = Int(text) ?? -1
    } else {
      size = try integer(name)
    }
    if let size, size < 0 { throw error(name, "must be a number of bytes") }
    return size
  }

  /// `1.5s`: seconds with at most nine decimals.
  func duration(_ name: String) throws(ServiceConfigurationError) -> Duration? {
    guard let text = try string(name) else { return nil }
    let parts = text.dropLast().split(separator: ".", omittingEmptySubsequences: false)
    guard text.hasSuffix("s"), (1...2).contains(parts.count),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
      let seconds = Int64(parts[0]), seconds <= 315_576_000_000
    else { throw error(name, "must be a duration such as 1.5s") }
    guard parts.count == 2 else { return .seconds(seconds) }
    let fraction = parts[1]
    guard fraction.count <= 9,
      let nanoseconds = Int64(fraction + String(repeating: "0", count: 9 - fraction.count))
    else { throw error(name, "must have at most nine decimals") }
    return .seconds(seconds) + .nanoseconds(nanoseconds)
  }

  /// Names of codes (`UNAVAILABLE`) or their numbers.
  func codes(_ name: String) throws(ServiceConfigurationError) -> Set<Status.Code>? {
    guard let values = try list(name) else { return nil }
    var codes: Set<Status.Code> = []
    for (index, value) in values.enumerated() {
      let code: Status.Code?
      switch value.kind {
      case .stringValue(let text): code = Status.Code(name: text.uppercased())
      case .numberValue(let number):
        code = Int(exactly: number).flatMap(Status.Code.init(rawValue:))
      default: code = nil
      }
      guard let code else { throw error("\(name)[\(index)]", "is no status code") }
      codes.insert(code)
    }
    return codes
  }
}
