/// The Swift of one enum: its values and `.unrecognized`.
struct SwiftEnum {
  let proto: ProtoEnum

  func lines() -> [String] {
    let names = SwiftNames.cases(of: proto)
    var seen: [Int32: String] = [:]
    var cases: [(name: String, value: ProtoEnum.Value)] = []
    var aliases: [(name: String, original: String)] = []
    for (name, value) in zip(names, proto.values) {
      if let original = seen[value.number] {
        aliases.append((name, original))
      } else {
        seen[value.number] = name
        cases.append((name, value))
      }
    }
    var lines = doc(proto.comment)
    lines.append("public enum \(SwiftNames.type(proto.name)): Protobuf.OpenEnum {")
    for item in cases { lines += doc(item.value.comment) + ["case \(item.name)"] }
    lines += ["/// A number that this build does not know.", "case unrecognized(Int32)"]
    for alias in aliases {
      lines += ["", "public static var \(alias.name): Self { .\(alias.original) }"]
    }
    lines += ["", "public init() { self = .\(seen[0] ?? names[0]) }"]
    lines += ["", "public init(rawValue: Int32) {", "switch rawValue {"]
    lines += cases.map { "case \($0.value.number): self = .\($0.name)" }
    lines += ["default: self = .unrecognized(rawValue)", "}", "}"]
    lines += ["", "public var rawValue: Int32 {", "switch self {"]
    lines += cases.map { "case .\($0.name): \($0.value.number)" }
    lines += ["case .unrecognized(let number): number", "}", "}"]
    lines += ["", "public static var allCases: [Self] {", "["]
    lines += cases.map { ".\($0.name)," }
    lines += ["]", "}"]
    lines += [
      "", "public static var descriptor: EnumDescriptor {",
      "EnumDescriptor(staticAddress: \(CNames.address(proto.fullName))())", "}", "}",
    ]
    return lines
  }
}
