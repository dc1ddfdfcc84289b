import Foundation
import PorticoAPI
import Protobuf
import RPC

/// A request of a method, put together from its descriptor: the names that its path binds, and something for every field
/// that is required.
struct SynthesizedRequest {
  let method: RPC.Method
  /// Field paths and their values as texts.
  private(set) var leaves: [(path: String, text: String, isNumber: Bool)] = []
  /// The pattern of the name that the path binds, if it binds one: `accounts/*/tickets/*`.
  let pattern: String?

  /// - Parameters:
  ///   - names: real names by pattern; a pattern that is not there gets one that nobody ever had.
  ///   - isCurrent: a change of the version that is there, which is made.
  init(_ method: RPC.Method, names: [String: String], isCurrent: Bool = false) {
    self.method = method
    let bound = Self.bindings(method)
    pattern = bound.first?.pattern
    fill(method.input, "", depth: 0)
    for (path, pattern) in bound {
      let name = names[pattern] ?? pattern.replacing("*", with: "987654")
      leaves.removeAll { $0.path == path }
      leaves.append((path, name, false))
      // A version that nothing has: a change that would be let through changes nothing.
      let owner = path.split(separator: ".").dropLast().map { $0 + "." }.joined()
      if !isCurrent, Self.field(owner + "etag", in: method.input) != nil {
        leaves.append((owner + "etag", "v424242", false))
      }
    }
  }

  private mutating func fill(_ type: MessageDescriptor, _ prefix: String, depth: Int) {
    for field in type.fields {
      let rule = FieldRules.portico.rule(of: field.number, in: type.name)
      guard rule.behavior.contains(.required), !field.isRepeated, depth < 4 else { continue }
      let path = prefix + field.name
      switch field.kind {
      case .message(let inner): fill(inner, path + ".", depth: depth + 1)
      case .enumeration(let kind):
        guard let value = kind.values.first(where: { $0.number > 0 }) else { continue }
        leaves.append((path, value.name, false))
      case .string: leaves.append((path, field.name == "tenant" ? "northwind" : "x", false))
      case .bytes, .bool, .float, .double: continue
      default: leaves.append((path, "1", true))
      }
    }
  }

  /// Says one more field, or another value of one.
  mutating func set(_ path: String, _ text: String) {
    leaves.removeAll { $0.path == path }
    leaves.append((path, text, false))
  }

  static func bindings(_ method: RPC.Method) -> [(path: String, pattern: String)] {
    guard let template = method.http.first?.template else { return [] }
    return template.matches(of: #/\{([a-z_.]+)=([^}]+)\}/#).map {
      (String($0.output.1), String($0.output.2))
    }
  }

  private static func field(_ path: String, in type: MessageDescriptor) -> FieldDescriptor? {
    let parts = path.split(separator: ".", maxSplits: 1).map(String.init)
    guard let first = parts.first, let field = type.field(named: first) else { return nil }
    guard parts.count == 2 else { return field }
    return field.message.flatMap { self.field(parts[1], in: $0) }
  }

  // MARK: Both doors

  func serialized() throws -> [UInt8] {
    var draft = MessageDraft(method.input)
    for leaf in leaves { try draft.set(leaf.path, [leaf.text]) }
    return draft.serialized()
  }

  /// Verb, target and body of the method's first route.
  func http() throws -> (verb: String, target: String, body: Data?)? {
    guard let rule = method.http.first else { return nil }
    var target = rule.template
    var rest = leaves
    for (path, pattern) in Self.bindings(method) {
      let value = rest.first { $0.path == path }?.text ?? ""
      target = target.replacingOccurrences(of: "{\(path)=\(pattern)}", with: value)
      rest.removeAll { $0.path == path }
    }
    var query: [String] = []
    var body: [String: Any]?
    switch rule.body {
    case .none: query = rest.map { "\($0.path)=\($0.text)" }
    case .whole: body = Self.object(rest, below: "")
    case .field(let name):
      body = Self.object(rest.filter { $0.path.hasPrefix(name + ".") }, below: name + ".")
      query = rest.filter { !$0.path.hasPrefix(name + ".") }.map { "\($0.path)=\($0.text)" }
    }
    if !query.isEmpty { target += "?" + query.joined(separator: "&") }
    return (rule.verb, target, try body.map { try JSONSerialization.data(withJSONObject: $0) })
  }

  private static func object(
    _ leaves: [(path: String, text: String, isNumber: Bool)], below prefix: String
  ) -> [String: Any] {
    var result: [String: Any] = [:]
    let paths = leaves.map { (String($0.path.dropFirst(prefix.count)), $0.text) }
    for (head, group) in Dictionary(grouping: paths, by: { $0.0.prefix { $0 != "." } }) {
      if let whole = group.first(where: { $0.0 == head }) {
        result[String(head)] = whole.1
      } else {
        result[String(head)] = object(
          group.map { (String($0.0.dropFirst(head.count + 1)), $0.1, false) }, below: "")
      }
    }
    return result
  }
}
