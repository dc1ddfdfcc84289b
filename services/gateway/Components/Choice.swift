extension UI {
  struct Option: Sendable, Hashable {
    var value: String
    var title: String
    var hint: String?
    var isDisabled = false

    init(_ value: String, _ title: String, hint: String? = nil, isDisabled: Bool = false) {
      (self.value, self.title, self.hint, self.isDisabled) = (value, title, hint, isDisabled)
    }
  }

  /// The options that belong to one value of another select.
  struct OptionGroup: Sendable, Hashable {
    /// The value of the other select.
    var parent: String
    var title: String
    var options: [Option]
  }

  static func optionTags(_ options: [Option], selected: String?) -> HTML {
    options.html { option in
      """
      <option value="\(option.value)"\(flag: "selected", option.value == selected)\
      \(flag: "disabled", option.isDisabled)>\(option.title)</option>
      """
    }
  }

  /// One of a list. `placeholder` is the first, empty choice; nil leaves it out.
  static func select(
    _ field: Field, options: [Option], selected: String? = nil, placeholder: String? = "Choose…"
  ) -> HTML {
    fieldBox(
      field,
      control: """
        \(openTag("<select class=\"input\"", field.attributes()))\
        \(placeholder.map { "<option value=\"\">\($0)</option>" as HTML })\
        \(optionTags(options, selected: selected))</select>
        """)
  }

  /// A select whose choices follow another one (Sub-Issue Type after Issue Type). Without JavaScript
  /// all groups are shown under their headings, and the server checks the pair.
  static func dependentSelect(
    _ field: Field, groups: [OptionGroup], selected: String? = nil, dependsOn parent: String,
    placeholder: String = "Choose…"
  ) -> HTML {
    let choices = groups.html { group in
      """
      <optgroup label="\(group.title)" data-parent="\(group.parent)">\
      \(optionTags(group.options, selected: selected))</optgroup>
      """
    }
    let open: HTML = "<select class=\"input\" data-depends-on=\"\(fieldID(parent))\""
    return fieldBox(
      field,
      control: """
        \(openTag(open, field.attributes()))\
        <option value="">\(placeholder)</option>\(choices)</select>
        """)
  }

  /// A yes or no. Sends `true`, or nothing when it is off.
  static func checkbox(_ field: Field, isOn: Bool = false) -> HTML {
    let open: HTML = "<input type=\"checkbox\" value=\"true\"\(flag: "checked", isOn)"
    var field = field
    let box = field
    field.isOptional = true
    return """
      <div class="field"\(flag: "data-invalid", box.error != nil)>\
      <div class="choice">\(openTag(open, field.attributes()))\
      <label for="\(box.id)">\(box.label)</label></div>\(hintText(box))\(errorText(box))</div>
      """
  }

  /// One of a few, all of them visible.
  static func radioGroup(
    _ field: Field, options: [Option], selected: String? = nil, isInline: Bool = false
  ) -> HTML {
    choiceGroup(
      field, type: "radio", options: options, selected: [selected].compactMap(\.self),
      isInline: isInline)
  }

  /// Any of a few; the field name is sent once for each that is on.
  static func checkboxGroup(
    _ field: Field, options: [Option], selected: Set<String> = [], isInline: Bool = false
  ) -> HTML {
    choiceGroup(field, type: "checkbox", options: options, selected: selected, isInline: isInline)
  }

  private static func choiceGroup(
    _ field: Field, type: String, options: [Option], selected: some Collection<String>,
    isInline: Bool
  ) -> HTML {
    let choices = options.enumerated().html { index, option in
      // The first one has the field's id, so that the error summary's link lands on it.
      let id = index == 0 ? field.id : "\(field.id)-\(index)"
      return """
        <div class="choice"><input type="\(type)" id="\(id)" name="\(field.name)" \
        value="\(option.value)"\(flag: "checked", selected.contains(option.value))\
        \(flag: "disabled", option.isDisabled)\
        \(attribute: "aria-describedby", option.hint == nil ? nil : "\(id)-about")>\
        <label for="\(id)">\(option.title)</label>\
        \(option.hint.map { "<p class=\"hint\" id=\"\(id)-about\">\($0)</p>" as HTML })</div>
        """
    }
    let open = openTag("<fieldset class=\"field\"", field.attributes(isGroup: true))
    return """
      \(open)<legend class="label">\(field.label)\(optionalMark(field))</legend>\
      \(hintText(field))<div class="choices"\(flag: "data-inline", isInline)>\(choices)</div>\
      \(errorText(field))</fieldset>
      """
  }

  /// Files to send along. `accept` holds endings and types (`.pdf`, `image/*`), `limit` says in
  /// words what is allowed before anybody tries (U-18). Dropping, pasting and taking one off the
  /// list come with JavaScript; the input alone works without.
  static func fileField(
    _ field: Field, limit: String, maxBytes: Int64, accept: [String] = [], isMultiple: Bool = true
  ) -> HTML {
    var field = field
    field.hint = field.hint.map { "\($0) \(limit)" } ?? limit
    let open: HTML = """
      <input type="file"\(flag: "multiple", isMultiple) data-max-bytes="\(maxBytes)"\
      \(attribute: "accept", accept.isEmpty ? nil : accept.joined(separator: ","))
      """
    return fieldBox(
      field,
      control: """
        <div class="drop" data-drop>\(icon(.attach))\(openTag(open, field.attributes()))\
        <p class="drop-text" hidden>or drop files here, or paste a screenshot</p></div>\
        <ul class="files" data-files aria-label="Chosen files"></ul>
        """)
  }

  /// Fields that belong together, with a heading.
  static func fieldset(_ legend: String, hint: String? = nil, body: HTML) -> HTML {
    """
    <fieldset class="fieldset"><legend>\(legend)</legend>\
    \(hint.map { "<p class=\"hint\">\($0)</p>" as HTML })\(body)</fieldset>
    """
  }

  /// Fields side by side where there is room.
  static func fieldRow(_ fields: [HTML]) -> HTML { "<div class=\"field-row\">\(fields)</div>" }
}
