extension UI {
  /// What every field has: the form name (the API's field path, `ticket.title`), its label, what
  /// helps and what is wrong.
  struct Field: Sendable, Hashable {
    var name: String
    var label: String
    var hint: String?
    var error: String?
    /// A field is required unless it says that it is optional, which the label then shows.
    var isOptional: Bool
    var isDisabled: Bool

    init(
      _ name: String, _ label: String, hint: String? = nil, error: String? = nil,
      isOptional: Bool = false, isDisabled: Bool = false
    ) {
      (self.name, self.label, self.hint, self.error) = (name, label, hint, error)
      (self.isOptional, self.isDisabled) = (isOptional, isDisabled)
    }

    /// `Is required`, as services say it of a field, with the field's name before it.
    func sentence(_ error: String) -> String {
      error.hasPrefix("Is ") ? "\(label) is \(error.dropFirst(3))" : error
    }

    var id: String { UI.fieldID(name) }
    var hintID: String { "\(id)-hint" }
    var errorID: String { "\(id)-error" }

    /// The attributes that tie a control to its label, hint and error.
    func attributes(describedBy more: String? = nil, isGroup: Bool = false) -> HTML {
      let ids = [hint == nil ? nil : hintID, more, errorID].compactMap(\.self)
      let described = ids.joined(separator: " ")
      if isGroup {
        return "\(attribute: "aria-describedby", described)\(flag: "disabled", isDisabled)"
      }
      return """
        \(attribute: "id", id)\(attribute: "name", name)\
        \(attribute: "aria-describedby", described)\
        \(attribute: "aria-invalid", error == nil ? nil : "true")\
        \(flag: "required", !isOptional)\(flag: "disabled", isDisabled)
        """
    }
  }

  /// The violations of a refused form by field name; `general` belongs to no field.
  struct FormErrors: Sendable, Hashable {
    var byField: [String: String] = [:]
    var general: [String] = []

    var isEmpty: Bool { byField.isEmpty && general.isEmpty }
    subscript(name: String) -> String? { byField[name] }
  }

  /// Label, hint, control, error. The error's place is always there, so that a script can fill it.
  static func fieldBox(_ field: Field, extra: HTML = .empty, control: HTML) -> HTML {
    """
    <div class="field"\(flag: "data-invalid", field.error != nil)>\
    <label class="label" for="\(field.id)">\(field.label)\(optionalMark(field))</label>\
    \(hintText(field))\(control)\(extra)\(errorText(field))</div>
    """
  }

  static func optionalMark(_ field: Field) -> HTML {
    "\(when: field.isOptional, " <span class=\"optional\">(optional)</span>")"
  }

  static func hintText(_ field: Field) -> HTML {
    "\(field.hint.map { "<p class=\"hint\" id=\"\(field.hintID)\">\($0)</p>" as HTML })"
  }

  static func errorText(_ field: Field) -> HTML {
    """
    <p class="error" id="\(field.errorID)" data-error>\
    \(field.error.map { "\(icon(.alert))<span>\(field.sentence($0))</span>" as HTML })</p>
    """
  }

  /// The list of what is wrong, on top of a refused form; takes the focus. Pass the fields in the
  /// order of the form.
  static func errorSummary(_ errors: FormErrors, fields: [Field]) -> HTML {
    guard !errors.isEmpty else { return .empty }
    let wrong = fields.compactMap { field in errors[field.name].map { (field, $0) } }
    let links = wrong.html { field, error in
      let sentence = field.sentence(error)
      let text = sentence == error ? "\(field.label): \(error)" : sentence
      return "<li><a href=\"#\(field.id)\">\(text)</a></li>"
    }
    let known = Set(fields.map(\.name))
    let others = errors.byField.filter { !known.contains($0.key) }.sorted { $0.key < $1.key }
    return """
      <div class="callout error-summary" data-tone="danger" role="alert" tabindex="-1" autofocus \
      aria-labelledby="error-summary-title" data-focus>\(icon(.alert))\
      <div><h2 id="error-summary-title">There is a problem</h2>\
      <ul>\(errors.general.html { "<li>\($0)</li>" })\(links)\
      \(others.html { "<li>\($0.value)</li>" })</ul></div></div>
      """
  }

  enum InputType: String, Sendable {
    case text, email, tel, password, date, number, url
    case dateTime = "datetime-local"
  }

  /// One line of text. `limit` in Unicode scalars shows a counter (D-58) and refuses nothing by
  /// itself: what was typed is never cut.
  static func textField(
    _ field: Field, value: String = "", type: InputType = .text, autocomplete: String? = nil,
    limit: Int? = nil, prefix: String? = nil, isShort: Bool = false
  ) -> HTML {
    let counter = limit.map { self.counter(field, value: value, limit: $0) }
    let input: HTML = """
      <input class="input" type="\(type.rawValue)"\
      \(attribute: "value", type == .password ? nil : value)\
      \(attribute: "autocomplete", autocomplete)\(attribute: "data-limit", limit.map(String.init))\
      \(flag: "data-short", isShort)
      """
    let described = limit == nil ? nil : "\(field.id)-count"
    let control = openTag(input, field.attributes(describedBy: described))
    return fieldBox(
      field, extra: "\(counter)",
      control: prefix.map {
        "<div class=\"prefixed\"><span aria-hidden=\"true\">\($0)</span>\(control)</div>"
      } ?? control)
  }

  /// Several lines of text; grows with what is typed.
  static func textArea(_ field: Field, value: String = "", rows: Int = 5, limit: Int? = nil) -> HTML
  {
    let counter = limit.map { self.counter(field, value: value, limit: $0) }
    let described = limit == nil ? nil : "\(field.id)-count"
    let open = openTag(
      "<textarea class=\"input\" rows=\"\(rows)\"\(attribute: "data-limit", limit.map(String.init))",
      field.attributes(describedBy: described))
    // A line feed after the tag is dropped by the parser, so one that was typed stays.
    return fieldBox(field, extra: "\(counter)", control: "\(open)\n\(value)</textarea>")
  }

  private static func counter(_ field: Field, value: String, limit: Int) -> HTML {
    let count = value.unicodeScalars.count
    return """
      <p class="counter" id="\(field.id)-count" data-count\(flag: "data-over", count > limit)\
      \(flag: "data-near", count > limit * 4 / 5)>\
      \(grouped(String(count))) of \(grouped(String(limit))) characters</p>
      """
  }

  /// Joins an opened tag, ready attributes and the closing bracket.
  static func openTag(_ start: HTML, _ attributes: HTML) -> HTML {
    start + attributes + HTML(trusted: ">")
  }
}
