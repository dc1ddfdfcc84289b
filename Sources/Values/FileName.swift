/// Names of uploaded and downloaded files: for people to read, never a path.
public enum FileName {
  /// The last component of the name without controls, direction overrides and leading dots or blanks, at most 255
  /// bytes; `file` when nothing remains.
  public static func clean(_ name: String) -> String {
    // By scalars: a separator with an accent after it is another Character, and still a separator.
    let slashes: Set<Unicode.Scalar> = ["/", "\\"]
    let last = Array(name.unicodeScalars).split(whereSeparator: slashes.contains).last ?? []
    let kept = last.filter { !isHidden($0) }.drop { $0 == "." || $0.properties.isWhitespace }
    return kept.isEmpty ? "file" : cut(String(String.UnicodeScalarView(kept)), to: 255)
  }

  /// The beginning of a text, in whole scalars.
  public static func cut(_ text: String, to bytes: Int) -> String {
    var text = text
    while text.utf8.count > bytes { text.unicodeScalars.removeLast() }
    return text
  }

  /// Nothing that breaks a line, or makes a name read otherwise than it is.
  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      true
    default: false
    }
  }
}
