import Foundation

/// The last segment of a resource's name: 1 to 63 of a-z, 0-9 and hyphen, chosen or made from a display name.
struct ResourceID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  let rawValue: String

  /// Nil unless `rawValue` keeps the rule.
  init?(rawValue: String) {
    let isFit = rawValue.utf8.allSatisfy { byte in
      (97...122).contains(byte) || (48...57).contains(byte) || byte == 45
    }
    guard isFit, (1...63).contains(rawValue.utf8.count), !rawValue.hasPrefix("-"),
      !rawValue.hasSuffix("-")
    else { return nil }
    self.rawValue = rawValue
  }

  var description: String { rawValue }

  /// What a display name suggests: `Müller & Söhne` gives `muller-sohne`; `fallback` when nothing is left of it.
  static func made(from text: String, fallback: String) -> String {
    let plain = text.decomposedStringWithCompatibilityMapping.lowercased()
    var slug = ""
    for scalar in plain.unicodeScalars {
      if ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) {
        slug.unicodeScalars.append(scalar)
      } else if scalar.properties.generalCategory != .nonspacingMark, !slug.hasSuffix("-") {
        slug.append("-")
      }
    }
    let cut = String(slug.drop { $0 == "-" }.prefix(40))
    let end = cut.lastIndex { $0 != "-" }
    return end.map { String(cut[...$0]) } ?? fallback
  }

  /// `base`, `base-2`, `base-3`, … : the first that is free.
  static func firstFree(_ base: String, isTaken: (String) throws -> Bool) rethrows -> String {
    var number = 1
    var candidate = base
    while try isTaken(candidate) {
      number += 1
      candidate = "\(base)-\(number)"
    }
    return candidate
  }

  /// Checks a chosen id; empty is "choose one for me".
  static func problems(_ text: String, _ field: String) -> [FieldProblem] {
    if text.isEmpty || ResourceID(rawValue: text) != nil { return [] }
    return [.init(field, "must be 1 to 63 of a-z, 0-9 and hyphen, not at either end")]
  }
}
