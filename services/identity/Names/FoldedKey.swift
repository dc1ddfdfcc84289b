import Foundation

/// The form in which a user name, an address or a search word is compared: compatibility-composed and
/// case-folded, without a locale, so that `Straße` and `STRASSE` are one name everywhere (D-46).
struct FoldedKey: RawRepresentable, Hashable, Sendable {
  let rawValue: String

  init(rawValue: String) { self.rawValue = rawValue }

  init(_ text: String) {
    // Upper then lower case, scalar by scalar, is full case folding: ß → SS → ss, ς → Σ → σ.
    let composed = text.trimmingCharacters(in: .whitespaces)
      .precomposedStringWithCompatibilityMapping
    var folded = ""
    for scalar in composed.unicodeScalars {
      for upper in scalar.properties.uppercaseMapping.unicodeScalars {
        folded += upper.properties.lowercaseMapping
      }
    }
    rawValue = folded.precomposedStringWithCompatibilityMapping
  }

  /// The words of a search, each folded; at most eight are looked for.
  static func words(of query: String) -> [FoldedKey] {
    query.split(whereSeparator: \.isWhitespace).prefix(8).map { FoldedKey(String($0)) }
  }
}
