import Foundation

/// Text made comparable for searching: without case and accents, in words.
public enum SearchText {
  /// What the words of a query are compared with.
  public static func folded(_ text: String) -> String {
    // Most text is ASCII, which needs no tables.
    guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text.lowercased() }
    return text.folding(options: [.caseInsensitive, .diacriticInsensitive], locale: nil)
  }

  /// At most eight words, folded; a search for more says nothing more.
  public static func words(_ query: String) -> [String] {
    folded(query).split(whereSeparator: \.isWhitespace).prefix(8).map(String.init)
  }
}
