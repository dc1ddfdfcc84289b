import Foundation
import Values

/// The rules that names, addresses and the like keep, whatever resource they are of. Every text that may end up in
/// a mail header is free of control characters, so that no line can be smuggled into one (X-16).
enum TextRules {
  /// A single line of at most `limit` Unicode scalars.
  static func line(
    _ text: String, _ field: String, limit: Int = 200, required: Bool = false
  ) -> [FieldProblem] {
    if required, text.allSatisfy(\.isWhitespace) { return [.init(field, "is required")] }
    if text.unicodeScalars.count > limit {
      return [.init(field, "is longer than \(limit) characters")]
    }
    if text.unicodeScalars.contains(where: isControl) {
      return [.init(field, "must be one line without control characters")]
    }
    if text.hasInvisibleScalars {
      return [.init(field, "must not hold invisible characters")]
    }
    return []
  }

  /// `local@domain`, ASCII or internationalized, at most 254 characters.
  static func email(_ text: String, _ field: String, required: Bool = false) -> [FieldProblem] {
    if text.isEmpty { return required ? [.init(field, "is required")] : [] }
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    let isFit =
      text.unicodeScalars.count <= 254 && parts.count == 2
      && (1...64).contains(parts[0].unicodeScalars.count) && isDomain(parts[1])
      && !text.unicodeScalars.contains { isControl($0) || $0.properties.isWhitespace }
      && !text.hasInvisibleScalars && !text.contains { "<>()[]\\,;:\"".contains($0) }
    return isFit ? [] : [.init(field, "must be an e-mail address such as name@example.com")]
  }

  /// A user name: an e-mail address or any single word.
  static func userName(_ text: String, _ field: String) -> [FieldProblem] {
    if text.isEmpty { return [.init(field, "is required")] }
    let isFit =
      (2...254).contains(text.unicodeScalars.count)
      && !text.unicodeScalars.contains { isControl($0) || $0.properties.isWhitespace }
      && !text.hasInvisibleScalars
    return isFit ? [] : [.init(field, "must have 2 to 254 characters and no spaces")]
  }

  static func timeZone(_ text: String, _ field: String) -> [FieldProblem] {
    if text.isEmpty { return [] }
    return TimeZone(identifier: text) == nil
      ? [.init(field, "must be a time zone such as Europe/Berlin")] : []
  }

  static func currency(_ text: String, _ field: String) -> [FieldProblem] {
    if text.isEmpty { return [] }
    let isFit = text.utf8.count == 3 && text.utf8.allSatisfy { (65...90).contains($0) }
    return isFit ? [] : [.init(field, "must be an ISO 4217 code such as EUR")]
  }

  private static func isDomain(_ text: Substring) -> Bool {
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    return labels.allSatisfy { !$0.isEmpty && !$0.hasPrefix("-") && !$0.hasSuffix("-") }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}

extension String {
  /// Without the white space that was typed around it.
  var trimmed: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
