/// Schemas as tables and short words for types.
enum SchemaView {
  /// `portico.ticketing.v1.Ticket` → `Ticket`
  static func title(_ name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  static let required: HTML = " <span class=\"sub\">required</span>"

  /// `string`, `list of Choice`, with a link where the type has a page.
  static func type(_ schema: APISchema) -> HTML {
    if let name = schema.componentName {
      return "<a href=\"/developers/\(name)\">\(title(name))</a>"
    }
    if let items = schema.items { return "list of \(type(items))" }
    let plain = schema.type ?? "any"
    switch schema.format {
    case "int64", "uint64": return "string, \(schema.format ?? "")"
    case let format?: return "\(plain), \(format)"
    case nil: return "\(plain)"
    }
  }

  /// The fields of an object, or the values of an enum.
  static func members(_ schema: APISchema, caption: String) -> HTML {
    if let values = schema.values {
      return "<ul class=\"api-values\">\(values.html { "<li><code>\($0)</code></li>" })</ul>"
    }
    guard !schema.fields.isEmpty else { return "<p class=\"quiet\">No fields.</p>" }
    return UI.table(
      schema.fields, caption: caption,
      columns: [
        UI.Column("Field", .title) { field in
          "<code>\(field.name)</code>\(when: field.isRequired, required)"
        },
        UI.Column("Type") { type($0.schema) },
        UI.Column("Meaning") { meaning($0.schema) },
      ],
      isMuted: { $0.schema.readOnly == true })
  }

  private static func meaning(_ schema: APISchema) -> HTML {
    var notes: [HTML] = []
    if schema.readOnly == true { notes.append(UI.badge("Read-only")) }
    if schema.writeOnly == true { notes.append(UI.badge("Write-only")) }
    if schema.audience == "staff" { notes.append(UI.badge("Staff only", tone: .warning)) }
    if schema.deprecated == true { notes.append(UI.badge("Deprecated", tone: .warning)) }
    let limits = [
      schema.minLength.map { "at least \($0) characters" },
      schema.maxLength.map { "at most \($0) characters" },
    ].compactMap { $0 }.joined(separator: ", ")
    if !limits.isEmpty { notes.append("<span class=\"sub\">\(limits)</span>") }
    let text = APIText.inline(schema.description ?? "")
    return ([text] + notes).joined(separator: " ")
  }
}

/// The little markup of comments: code in backquotes, paragraphs, headings, lists.
enum APIText {
  static func inline(_ text: some StringProtocol) -> HTML {
    text.split(separator: "`", omittingEmptySubsequences: false).enumerated().map {
      index, part -> HTML in
      index.isMultiple(of: 2) ? emphasis(part) : "<code>\(part)</code>"
    }.joined()
  }

  private static func emphasis(_ text: some StringProtocol) -> HTML {
    text.split(separator: "*", omittingEmptySubsequences: false).enumerated().map {
      index, part -> HTML in
      index.isMultiple(of: 2) ? "\(part)" : "<em>\(part)</em>"
    }.joined()
  }

  static func paragraphs(_ text: String) -> HTML {
    text.split(separator: "\n\n").html { paragraph in
      let lines = paragraph.split(separator: "\n")
      guard lines.contains(where: { $0.hasPrefix("- ") }) else {
        return "<p>\(inline(lines.joined(separator: " ")))</p>"
      }
      let lead = lines.prefix { !$0.hasPrefix("- ") }.joined(separator: " ")
      let items = lines.filter { $0.hasPrefix("- ") }
      return """
        \(when: !lead.isEmpty, "<p>\(inline(lead))</p>")\
        <ul>\(items.html { "<li>\(inline($0.dropFirst(2)))</li>" })</ul>
        """
    }
  }

  /// Paragraphs under headings of the second level, which stand one level lower in a card.
  static func guide(_ text: String) -> HTML {
    text.split(separator: "\n\n").html { block in
      block.hasPrefix("## ")
        ? "<h3>\(block.dropFirst(3))</h3>" : paragraphs(String(block))
    }
  }
}
