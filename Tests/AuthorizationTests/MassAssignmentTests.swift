import Access
import Foundation
import PorticoAPI
import Protobuf
import RPC
import TestSupport
import Testing
import Values

/// One field that only a service sets, and values of which at most one can be right.
private struct Forgery {
  /// In proto names from the request: `ticket.create_time`.
  let path: String
  let texts: [String]

  /// Every server-owned field of a request: what is output only, and names that are given, not chosen.
  static func all(in type: MessageDescriptor, bound: Set<String>) -> [Forgery] {
    owned(type, "", depth: 0, isOwned: false).filter { !bound.contains($0.path) }
  }

  private static func owned(
    _ type: MessageDescriptor, _ prefix: String, depth: Int, isOwned: Bool
  ) -> [Forgery] {
    guard depth < 4 else { return [] }
    return type.fields.flatMap { field -> [Forgery] in
      let rule = FieldRules.portico.rule(of: field.number, in: type.name)
      let isServers =
        isOwned || rule.behavior.contains(.outputOnly) || rule.behavior.contains(.identifier)
      guard !field.isRepeated else { return [] }
      let path = prefix + field.name
      if case .message(let inner) = field.kind {
        if inner.name == "google.protobuf.Timestamp" {
          return isServers ? [Forgery(path: path, texts: ["1999-01-02T03:04:05Z"])] : []
        }
        guard !inner.name.hasPrefix("google.protobuf.") else { return [] }
        return owned(inner, path + ".", depth: depth + 1, isOwned: isServers)
      }
      guard isServers, let texts = values(field.kind) else { return [] }
      return [Forgery(path: path, texts: texts)]
    }
  }

  /// What no service would set; of what has few values, all: one of them may be right, not each.
  private static func values(_ kind: FieldDescriptor.Kind) -> [String]? {
    switch kind {
    case .string: return ["forged-7f3a"]
    case .bool: return ["true", "false"]
    case .enumeration(let type):
      let names = type.values.filter { $0.number > 0 }.map(\.name)
      return names.count > 1 ? names : nil
    case .bytes, .message, .float, .double: return nil
    default: return ["424242"]
    }
  }

  /// Whether an answer, as JSON, holds `text` at the place that the request had it; `first` is the resource.
  func stands(_ text: String, in answer: Any) -> Bool {
    var value: Any? = answer
    for part in path.split(separator: ".").dropFirst() {
      let words = part.split(separator: "_").map(String.init)
      let name = words.dropFirst().reduce(words[0]) {
        $0 + $1.prefix(1).uppercased() + $1.dropFirst()
      }
      value = (value as? [String: Any])?[name]
    }
    // JSON leaves a false one out.
    if texts.contains("false") { return text == (value as? Bool == true ? "true" : "false") }
    return value.map { "\($0)" == text } ?? false
  }
}

@Suite("X-12 mass assignment", .serialized)
struct MassAssignmentTests {
  private static let methods = Methods.all.filter {
    $0.service.hasPrefix("portico.") && !$0.service.hasPrefix("portico.testing.")
      && $0.streaming == .unary && !$0.http.isEmpty
      && $0.http.contains { $0.verb.uppercased() != "GET" }
  }

  @Test(
    "X-12 no field that a service owns takes a value from outside: every one of every changing method",
    .timeLimit(.minutes(15)))
  func serverOwned() async throws {
    try await World.run { world in
      var run = Run(world: world)
      for role in [Role.administrator, .externalManager] {
        for method in Self.methods {
          let bound = Set(SynthesizedRequest.bindings(method).map(\.path))
          for forgery in Forgery.all(in: method.input, bound: bound) {
            try await run.attack(method, forgery, role, isMasked: false)
            if method.input.hasMask { try await run.attack(method, forgery, role, isMasked: true) }
          }
        }
      }
      #expect(run.fields > 150)
      // Not all is refused for other reasons.
      #expect(run.accepted > 30)
      #expect(run.faults.isEmpty, "\(run.faults.count): \n\(run.faults.joined(separator: "\n"))")
    }
  }

  private struct Run {
    let world: World
    var fields = 0
    var accepted = 0
    var faults: [String] = []

    /// One field at a time, and named in the mask where there is one: nothing hides behind the refusal of another.
    mutating func attack(
      _ method: RPC.Method, _ forgery: Forgery, _ role: Role, isMasked: Bool
    ) async throws {
      let door = ServiceDoor(stage: world.stage)
      let names = world.objects[.own, default: [:]]
      fields += 1
      var standing = 0
      for text in forgery.texts {
        var request = SynthesizedRequest(method, names: names, isCurrent: true)
        request.set(forgery.path, text)
        if isMasked {
          request.set("update_mask", String(forgery.path.drop { $0 != "." }.dropFirst()))
        }
        let outcome = try await door.call(request, as: role.principal)
        guard outcome.code == 0, let bytes = Data(base64Encoded: outcome.text) else { continue }
        accepted += 1
        let json = try method.output.json(fromSerialized: Array(bytes))
        let answer = try JSONSerialization.jsonObject(with: Data(json))
        if forgery.stands(text, in: answer)
          || String(decoding: json, as: UTF8.self).contains("7f3a")
        {
          standing += 1
        }
      }
      if standing == forgery.texts.count {
        faults.append("\(method.path) \(role) \(forgery.path)\(isMasked ? " masked" : "")")
      }
    }
  }
}

extension MessageDescriptor {
  fileprivate var hasMask: Bool {
    field(named: "update_mask")?.message?.name == "google.protobuf.FieldMask"
  }
}
