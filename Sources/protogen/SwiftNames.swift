import Foundation

/// How proto names become Swift names.
enum SwiftNames {
  /// Whole words that Swift writes in capitals, except at the start of a name.
  private static let acronyms = [
    "id": "ID", "ids": "IDs", "url": "URL", "urls": "URLs", "uri": "URI", "http": "HTTP",
    "https": "HTTPS", "html": "HTML",
  ]

  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer",
    "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard", "if", "import", "in", "inout", "internal", "is", "let", "nil", "operator",
    "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return", "static",
    "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var",
    "where", "while", "actor", "await", "async", "any", "some",
  ]

  /// Names that backticks do not free, or that a message already has.
  private static let taken: Set<String> = [
    "self", "init", "Type", "Protocol", "Self", "Any", "unknownFields", "hashValue", "hash",
    "serialized", "write", "descriptor",
  ]

  /// Types that generated code names without a module.
  private static let takenTypes: Set<String> = [
    "Type", "Protocol", "Self", "Any", "String", "Int", "Int32", "Int64", "UInt32", "UInt64",
    "UInt8", "Float", "Double", "Bool", "Array", "Optional", "Dictionary", "Swift", "Protobuf",
    "Hashable", "Sendable", "UnknownFields", "MessageDescriptor", "EnumDescriptor", "Arena",
    "Boxed",
    "Reading", "Void", "Never", "RPC", "WellKnown", "Methods", "Method", "UnsafeRawPointer",
    "UnsafeMutableRawPointer", "UnsafeMutablePointer",
  ]

  /// `request_id` → `requestID`, `class` → `` `class` ``, `self` → `self_`.
  static func property(_ name: String) -> String {
    let camel = lowerCamel(name)
    return taken.contains(camel) ? camel + "_" : escaped(camel)
  }

  /// As `property`, without backticks: for argument labels, where none are needed.
  static func label(_ name: String) -> String {
    property(name).replacingOccurrences(of: "`", with: "")
  }

  /// The few words that a parameter may not be called without backticks.
  static func parameter(_ label: String) -> String {
    ["inout", "let", "var"].contains(label) ? "`\(label)`" : label
  }

  static func escaped(_ name: String) -> String {
    keywords.contains(name) ? "`\(name)`" : name
  }

  /// `GetTicket` → `getTicket`, `SSOLogin` → `ssoLogin`.
  static func method(_ name: String) -> String {
    let camel = lowerCamel(name)
    return ["all", "caller", "handlers", "name"].contains(camel) ? camel + "_" : property(name)
  }

  static func type(_ name: String) -> String {
    let camel = upperCamel(name)
    return takenTypes.contains(camel) ? camel + "_" : camel
  }

  /// `portico.ticketing.v1` → `Ticketing`, `grpc.health.v1` → `GrpcHealth`, and `grpc.reflection.v1alpha` →
  /// `GrpcReflectionV1alpha`: a version on trial lives beside the one that it becomes.
  static func namespace(package: String, swiftPrefix: String) -> String {
    if !swiftPrefix.isEmpty { return swiftPrefix }
    var parts = package.split(separator: ".").map(String.init)
    if parts.count > 1, let last = parts.last, last.wholeMatch(of: /v[0-9]+/) != nil {
      parts.removeLast()
    }
    if parts.count > 1, parts.first == "portico" { parts.removeFirst() }
    return parts.map(upperCamel).joined()
  }

  /// Names for the values of an enum: the enum's own name as a prefix falls away, unless one of
  /// them would then begin with a digit, be empty, or be the same as another.
  static func cases(of proto: ProtoEnum) -> [String] {
    let prefix = snake(proto.name).uppercased() + "_"
    let names = proto.values.map(\.name)
    if names.allSatisfy({ $0.hasPrefix(prefix) && $0.count > prefix.count }) {
      let stripped = names.map { String($0.dropFirst(prefix.count)) }
      let distinct = Set(stripped.map { lowerCamel($0.lowercased()) }).count == stripped.count
      if distinct, stripped.allSatisfy({ $0.first?.isNumber == false }) {
        return stripped.map(caseName)
      }
    }
    return names.map(caseName)
  }

  static func caseName(_ name: String) -> String {
    alternative(name.lowercased())
  }

  /// The case for a member of a oneof, or a value of an enum. `none` and `some` would be taken for
  /// those of Optional.
  static func alternative(_ name: String) -> String {
    let camel = lowerCamel(name)
    let more = ["none", "some", "unrecognized", "rawValue", "allCases", "protoName"]
    return taken.contains(camel) || more.contains(camel) ? camel + "_" : escaped(camel)
  }

  /// `V1alpha` for `grpc.reflection.v1alpha`, nothing for `grpc.reflection.v1`.
  static func trialVersion(package: String) -> String {
    guard let last = package.split(separator: ".").last,
      last.wholeMatch(of: /v[0-9]+[a-z]\w*/) != nil
    else { return "" }
    return upperCamel(String(last))
  }

  static func upperCamel(_ name: String) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  static func lowerCamel(_ name: String) -> String {
    let words = name.split(separator: "_").map(String.init)
    guard let first = words.first else { return "_" }
    let rest = words.dropFirst().map { word in
      acronyms[word.lowercased()] ?? word.prefix(1).uppercased() + word.dropFirst()
    }
    let joined = lowerStart(first) + rest.joined()
    return joined.first?.isNumber == true ? "_" + joined : joined
  }

  /// `HTTPServer` → `httpServer`, `Type` → `type`.
  private static func lowerStart(_ word: String) -> String {
    let capitals = word.prefix { $0.isUppercase }
    if capitals.count == word.count { return word.lowercased() }
    let lowered = capitals.count > 1 ? capitals.dropLast() : capitals
    return lowered.lowercased() + word.dropFirst(lowered.count)
  }

  /// `TicketState` → `ticket_state`, `HTTPRule` → `http_rule`.
  static func snake(_ name: String) -> String {
    var result = ""
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      if character.isUppercase, index > 0, characters[index - 1] != "_" {
        let afterLower = !characters[index - 1].isUppercase
        let beforeLower = index + 1 < characters.count && characters[index + 1].isLowercase
        if afterLower || beforeLower { result += "_" }
      }
      result += character.lowercased()
    }
    return result
  }
}
