import ArgumentParser
import Foundation

/// Says which changes of the protos would break a peer that was built with the old ones (R-137).
struct Breaking: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fails when a peer built with the old protos would misunderstand the new ones.")

  @Option(help: "A FileDescriptorSet of the protos as they were, made with --include_imports.")
  var against: String

  @Option(help: "Package whose messages promise nothing; may be given more than once.")
  var except: [String] = []

  @Argument(help: "A FileDescriptorSet of the protos as they are.")
  var descriptorSet: String

  func run() throws {
    let check = BreakingCheck(
      old: try Self.files(against), new: try Self.files(descriptorSet), except: except)
    let changes = check.changes()
    for change in changes { print(change) }
    guard changes.isEmpty else { throw ExitCode.failure }
  }

  private static func files(_ path: String) throws -> SchemaIndex {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    return SchemaIndex(try SchemaReader.files(ofSet: bytes))
  }
}

/// Compares two versions of the same protos by full names: moving something to another file breaks nobody.
struct BreakingCheck {
  let old: SchemaIndex
  let new: SchemaIndex
  var except: [String] = []

  /// One line for each change that breaks, sorted: what it is about, and what happened to it.
  func changes() -> [String] {
    let messages = old.messages.filter { isPromised($0.key) }.flatMap { name, message in
      new.messages[name].map { changes(from: message, to: $0) } ?? ["message \(name): removed"]
    }
    let enums = old.enums.filter { isPromised($0.key) }.flatMap { name, proto in
      new.enums[name].map { changes(from: proto, to: $0) } ?? ["enum \(name): removed"]
    }
    let services = Self.services(old).filter { isPromised($0.key) }.flatMap { name, service in
      Self.services(new)[name].map { changes(from: service, to: $0) }
        ?? ["service \(name): removed"]
    }
    return (messages + enums + services).sorted()
  }

  private func isPromised(_ name: String) -> Bool {
    !except.contains { name == $0 || name.hasPrefix($0 + ".") }
  }

  private static func services(_ index: SchemaIndex) -> [String: ProtoService] {
    Dictionary(index.files.flatMap(\.services).map { ($0.fullName, $0) }) { first, _ in first }
  }

  // MARK: Messages

  private func changes(from old: ProtoMessage, to new: ProtoMessage) -> [String] {
    var changes: [String] = []
    for field in old.fields {
      let element = "field \(old.fullName).\(field.name)"
      let sameNumber = new.fields.first { $0.number == field.number }
      let sameName = new.fields.first { $0.name == field.name }
      switch (sameNumber, sameName) {
      case (nil, nil):
        if !new.reserved.holds(number: field.number, name: field.name) {
          changes.append("\(element): removed, and not reserved by number and name")
        }
      case (nil, let moved?):
        changes.append("\(element): number \(field.number) became \(moved.number)")
      case (let other?, _) where other.name != field.name:
        changes.append(
          sameName == nil && shape(other, new) == shape(field, old)
            ? "\(element): renamed to \(other.name), which JSON calls \(Self.jsonName(other))"
            : "\(element): number \(field.number) is used again by \(other.name)")
      case (let other?, _):
        changes += self.changes(from: (field, old), to: (other, new)).map { "\(element): \($0)" }
      }
    }
    return changes
  }

  private func changes(
    from old: (field: ProtoField, message: ProtoMessage),
    to new: (field: ProtoField, message: ProtoMessage)
  ) -> [String] {
    var changes: [String] = []
    if old.field.kind != new.field.kind {
      changes.append("type \(Self.name(old.field.kind)) became \(Self.name(new.field.kind))")
    }
    if old.field.isRepeated != new.field.isRepeated {
      changes.append(new.field.isRepeated ? "became repeated" : "is no longer repeated")
    }
    let (before, after) = (oneof(old.field, old.message), oneof(new.field, new.message))
    if before != after {
      changes.append(
        "moved \(before.map { "out of oneof \($0)" } ?? "")\(before != nil && after != nil ? " " : "")"
          + (after.map { "into oneof \($0)" } ?? ""))
    }
    if Self.jsonName(old.field) != Self.jsonName(new.field) {
      changes.append("JSON name \(Self.jsonName(old.field)) became \(Self.jsonName(new.field))")
    }
    return changes
  }

  /// The real oneof that a field is in.
  private func oneof(_ field: ProtoField, _ message: ProtoMessage) -> String? {
    field.oneof.flatMap { message.oneofs[$0].isSynthetic ? nil : message.oneofs[$0].name }
  }

  private struct Shape: Equatable {
    let kind: ProtoField.Kind
    let isRepeated: Bool
    let oneof: String?
  }

  private func shape(_ field: ProtoField, _ message: ProtoMessage) -> Shape {
    Shape(kind: field.kind, isRepeated: field.isRepeated, oneof: oneof(field, message))
  }

  private static func jsonName(_ field: ProtoField) -> String {
    field.jsonName.isEmpty ? OpenAPISchemas.jsonName(field.name) : field.jsonName
  }

  private static func name(_ kind: ProtoField.Kind) -> String {
    switch kind {
    case .message(let name), .enumeration(let name): name
    default: "\(kind)"
    }
  }

  // MARK: Enums and services

  private func changes(from old: ProtoEnum, to new: ProtoEnum) -> [String] {
    old.values.compactMap { value in
      let element = "enum value \(old.fullName).\(value.name)"
      if let same = new.values.first(where: { $0.name == value.name }) {
        return same.number == value.number
          ? nil : "\(element): number \(value.number) became \(same.number)"
      }
      if let other = new.values.first(where: { $0.number == value.number }) {
        // JSON spells the name.
        return "\(element): renamed to \(other.name)"
      }
      return new.reserved.holds(number: Int(value.number), name: value.name)
        ? nil : "\(element): removed, and not reserved by number and name"
    }
  }

  private func changes(from old: ProtoService, to new: ProtoService) -> [String] {
    old.methods.flatMap { method -> [String] in
      let element = "rpc \(old.fullName).\(method.name)"
      guard let other = new.methods.first(where: { $0.name == method.name }) else {
        return ["\(element): removed"]
      }
      var changes: [String] = []
      if other.input != method.input { changes.append("takes \(other.input) now") }
      if other.output != method.output { changes.append("answers \(other.output) now") }
      if other.streamsRequests != method.streamsRequests
        || other.streamsResponses != method.streamsResponses
      {
        changes.append("streams otherwise")
      }
      for binding in method.bindings where !other.bindings.contains(binding) {
        changes.append("\(binding.verb) \(binding.template) is gone or binds otherwise")
      }
      return changes.map { "\(element): \($0)" }
    }
  }
}
