import Foundation

/// Text made comparable for searching: without case and accents, in words.
enum SearchText {
  static func folded(_ text: String) -> String {
    text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
  }

  /// LIKE patterns, escaped with `!`, that find each word of a query anywhere; at most eight, because a
  /// search for more says nothing more.
  static func patterns(_ query: String) -> [String] {
    folded(query).split(whereSeparator: \.isWhitespace).prefix(8).map { word in
      var escaped = ""
      for character in word {
        if "%_!".contains(character) { escaped.append("!") }
        escaped.append(character)
      }
      return "%\(escaped)%"
    }
  }
}
