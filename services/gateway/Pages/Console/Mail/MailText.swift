/// A mail's text as text. Addresses of this portal can be followed; all others are only shown, so that nobody who
/// looks into the queue is led away by what somebody else put into a mail.
enum MailText {
  /// - origin: `https://acme.portal.example`, without a slash at the end.
  static func html(_ text: String, origin: String) -> HTML {
    let paragraphs = text.unixLines.split(separator: "\n\n")
    return paragraphs.html { paragraph in
      let lines = paragraph.split(separator: "\n", omittingEmptySubsequences: false)
      return "<p>\(lines.map { line($0, origin) }.joined(separator: "<br>"))</p>"
    }
  }

  private static func line(_ line: Substring, _ origin: String) -> HTML {
    line.split(separator: " ", omittingEmptySubsequences: false)
      .map { word($0, origin) }.joined(separator: " ")
  }

  private static func word(_ word: Substring, _ origin: String) -> HTML {
    let trailing = String(word.reversed().prefix { ".,;:!?)>".contains($0) }.reversed())
    let leading = word.prefix { "(<".contains($0) }
    let address = word.dropFirst(leading.count).dropLast(trailing.count)
    guard address.count > 0, address.hasPrefix(origin + "/") || address == origin,
      let path = LocalPath(address == origin ? "/" : String(address.dropFirst(origin.count)))
    else { return "\(word)" }
    // The path alone: it leads to this portal under whatever name the reader reached it.
    return "\(leading)<a href=\"\(SafeURL(checked: path.rawValue))\">\(address)</a>\(trailing)"
  }
}
