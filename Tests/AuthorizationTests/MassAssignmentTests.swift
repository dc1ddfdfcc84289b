import Access
import Foundation
import PorticoAPI
import Protobuf
import RPC
import TestSupport
import Testing
import Values

/// One field that only a service sets, and a value that no service would.
private struct Forgery {
  /// In proto names from the request: `ticket.create_time`.
  let path: String
  let text: String
  /// As the answer's JSON would have it.
  let told: String

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
          let text = "1999-01-02T03:04:05Z"
          return isServers ? [Forgery(path: path, text: text, told: text)] : []
        }
        guard !inner.name.hasPrefix("google.protobuf.") else { return [] }
        return owned(inner, path + ".", depth: depth + 1, isOwned: isServers)
      }
      guard isServers, let text = value(field.kind) else { return [] }
      return [Forgery(path: path, text: text, told: text)]
    }
  }

  /// Booleans are left out: either of their two values may be right.
  private static func value(_ kind: FieldDescriptor.Kind) -> String? {
    switch kind {
    case .string: "forged-7f3a"
    case .enumeration(let type): type.values.last { $0.number > 0 }?.name
    case .bool, .bytes, .message, .float, .double: nil
    default: "424242"
    }
  }

  /// Whether an answer, as JSON, holds the value at the place that the request had it; `first` is the resource.
  func stands(in answer: Any) -> Bool {
    var value: Any? = answer
    for part in path.split(separator: ".").dropFirst() {
      let words = part.split(separator: "_").map(String.init)
      let name = words.dropFirst().reduce(words[0]) {
        $0 + $1.prefix(1).uppercased() + $1.dropFirst()
      }
      value = (value as? [String: Any])?[name]
    }
    return value.map { "\($0)" == told } ?? false
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
    .timeLimit(.minutes(5)))
  func serverOwned() async throws {
    try await World.run { world in
      let door = ServiceDoor(stage: world.stage)
      var (fields, accepted) = (0, 0)
      var faults: [String] = []
      for role in [Role.administrator, .externalManager] {
        for method in Self.methods {
          let names = world.objects[.own, default: [:]]
          let bound = Set(SynthesizedRequest.bindings(method).map(\.path))
          let forgeries = Forgery.all(in: method.input, bound: bound)
          fields += forgeries.count
          // One at a time, and named in the mask where there is one: nothing hides behind the refusal of another.
          for forgery in forgeries {
            for isMasked in [false, true] where !isMasked || method.input.hasMask {
              var request = SynthesizedRequest(method, names: names, isCurrent: true)
              request.set(forgery.path, forgery.text)
              if isMasked {
                request.set("update_mask", String(forgery.path.drop { $0 != "." }.dropFirst()))
              }
              let outcome = try await door.call(request, as: role.principal)
              guard outcome.code == 0, let bytes = Data(base64Encoded: outcome.text) else {
                continue
              }
              accepted += 1
              let json = try method.output.json(fromSerialized: Array(bytes))
              let answer = try JSONSerialization.jsonObject(with: Data(json))
              if forgery.stands(in: answer)
                || String(decoding: json, as: UTF8.self).contains("7f3a")
              {
                faults.append("\(method.path) \(role) \(forgery.path)\(isMasked ? " masked" : "")")
              }
            }
          }
        }
      }
      #expect(fields > 100)
      // Not all is refused for other reasons.
      #expect(accepted > 20)
      #expect(faults.isEmpty, "\(faults.count): \n\(faults.joined(separator: "\n"))")
    }
  }
}

extension MessageDescriptor {
  fileprivate var hasMask: Bool {
    field(named: "update_mask")?.message?.name == "google.protobuf.FieldMask"
  }
}
