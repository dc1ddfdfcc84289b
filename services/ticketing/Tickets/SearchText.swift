import Foundation

/// Text made comparable for searching: without case and accents, in words.
enum SearchText {
  static func folded(_ text: String) -> String {
    text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
  }

  /// At most eight words; a search for more says nothing more.
  static func words(_ query: String) -> [String] {
    folded(query).split(whereSeparator: \.isWhitespace).prefix(8).map(String.init)
  }

  /// A LIKE pattern, escaped with `!`, that finds a word anywhere.
  static func pattern(_ word: String) -> String {
    // By scalars: a sign with a joiner after it is another Character, and still a wildcard.
    var escaped = String.UnicodeScalarView()
    for scalar in word.unicodeScalars {
      if "%_!".unicodeScalars.contains(scalar) { escaped.append("!") }
      escaped.append(scalar)
    }
    return "%\(String(escaped))%"
  }
}
