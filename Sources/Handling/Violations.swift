import RPC
import Values
import WellKnown

/// Collects what is wrong with a request, all of it, and then refuses it: INVALID_ARGUMENT with one
/// google.rpc.BadRequest.FieldViolation for each, which a page shows beside its field.
///
///     var check = Violations()
///     check.require(!request.ticket.title.isEmpty, "ticket.title", "is required")
///     try check.end()
public struct Violations: Sendable {
  public private(set) var list: [Violation] = []

  public struct Violation: Sendable, Hashable {
    /// The path of the field in the request: `ticket.title`.
    public let field: String
    /// What is wrong, to be read after the field's label: `is required`.
    public let description: String
  }

  public init() {}

  public var isEmpty: Bool { list.isEmpty }

  /// A violation unless the condition holds. `description` reads after the field's label: `is required`.
  public mutating func require(_ condition: Bool, _ field: String, _ description: String) {
    if !condition { add(field, description) }
  }

  /// A violation in any case.
  public mutating func add(_ field: String, _ description: String) {
    list.append(Violation(field: field, description: description))
  }

  /// The text without white space around it; a violation if nothing remains, or more than `limit` Unicode scalars
  /// (D-58), a control character other than a line break or tab, which only `multiline` allows, or, in one line, one
  /// that nobody sees: names that look the same are the same.
  public mutating func text(
    _ text: String, _ field: String, limit: Int, required: Bool = true, multiline: Bool = false
  ) -> String {
    let trimmed = text.trimmed
    if trimmed.isEmpty {
      require(!required, field, "is required")
    } else if trimmed.unicodeScalars.count > limit {
      add(field, "must have at most \(limit) characters")
    } else if trimmed.unicodeScalars.contains(where: { $0.isForbidden(multiline: multiline) }) {
      add(field, "must not hold control characters")
    } else if !multiline, trimmed.hasInvisibleScalars {
      add(field, "must not hold invisible characters")
    }
    return trimmed
  }

  /// Throws if anything is wrong.
  public func end() throws(Status) {
    if !list.isEmpty { throw status }
  }

  /// INVALID_ARGUMENT that names everything collected so far.
  public var status: Status {
    let fields = list.map {
      GoogleRpc.BadRequest.FieldViolation(field: $0.field, description: $0.description)
    }
    let summary = list.map { "\($0.field) \($0.description)" }.joined(separator: "; ")
    return Status(
      .invalidArgument, summary, details: [.packing(GoogleRpc.BadRequest(fieldViolations: fields))])
  }
}

extension Status {
  /// INVALID_ARGUMENT over one field.
  public static func invalid(_ field: String, _ description: String) -> Status {
    var violations = Violations()
    violations.add(field, description)
    return violations.status
  }
}

extension String {
  fileprivate var trimmed: String {
    let scalars = unicodeScalars
    guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
      let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
    else { return "" }
    return String(scalars[first...last])
  }
}

extension Unicode.Scalar {
  fileprivate func isForbidden(multiline: Bool) -> Bool {
    if multiline, value == 0x0a || value == 0x0d || value == 0x09 { return false }
    // What Unicode calls a control character, by its numbers: every scalar of a request is looked at.
    return value < 0x20 || (0x7f...0x9f).contains(value)
  }
}
