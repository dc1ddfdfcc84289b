extension SQL.StringInterpolation {
  /// `LIKE` that finds a text anywhere in the column before it: `"search_text \(containing: word)"`. What LIKE would
  /// read as a wildcard is escaped. Both engines tell capitals apart: fold the column and the text alike.
  public mutating func appendInterpolation(containing text: String) {
    let pattern: String = "%\(Self.escaped(text))%"
    appendLiteral("LIKE ")
    appendInterpolation(pattern)
    appendLiteral(" ESCAPE '!'")
  }

  private static func escaped(_ text: String) -> String {
    // By scalars: a sign with a joiner after it is another Character, and still a wildcard.
    var escaped = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar == "%" || scalar == "_" || scalar == "!" { escaped.append("!") }
      escaped.append(scalar)
    }
    return String(escaped)
  }
}
