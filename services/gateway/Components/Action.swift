extension UI {
  enum ButtonStyle: String, Sendable, CaseIterable {
    case primary, secondary, danger, ghost
  }

  /// A button that submits its form (`name` and `value` tell which one was pressed).
  static func button(
    _ title: String, style: ButtonStyle = .primary, icon: Icon? = nil, name: String? = nil,
    value: String? = nil, formAction: SafeURL? = nil, isDisabled: Bool = false,
    isBusy: Bool = false, isSmall: Bool = false, skipsChecks: Bool = false
  ) -> HTML {
    """
    <button class="btn btn-\(style.rawValue)"\(attribute: "name", name)\(attribute: "value", value)\
    \(attribute: "formaction", formAction)\(flag: "formnovalidate", skipsChecks)\
    \(flag: "disabled", isDisabled || isBusy)\(attribute: "aria-busy", isBusy ? "true" : nil)\
    \(flag: "data-small", isSmall)>\(buttonLabel(title, icon, isBusy: isBusy))</button>
    """
  }

  /// A link that looks like a button: it goes somewhere and changes nothing. With `dialog` it opens
  /// that dialog instead where JavaScript runs. With `floats` it is the page's one action, which on
  /// phones stays at the thumb.
  static func linkButton(
    _ title: String, to url: SafeURL, style: ButtonStyle = .secondary, icon: Icon? = nil,
    isSmall: Bool = false, dialog: String? = nil, floats: Bool = false
  ) -> HTML {
    """
    <a class="btn btn-\(style.rawValue)" href="\(url)"\(flag: "data-small", isSmall)\
    \(flag: "data-float", floats)\(attribute: "data-dialog", dialog)>\(buttonLabel(title, icon, isBusy: false))</a>
    """
  }

  /// A button with an icon only; `title` is read out and shown on hover.
  static func iconButton(
    _ title: String, icon: Icon, name: String? = nil, value: String? = nil,
    formAction: SafeURL? = nil, isPressed: Bool? = nil, isDisabled: Bool = false
  ) -> HTML {
    """
    <button class="btn-icon" aria-label="\(title)" title="\(title)"\(attribute: "name", name)\
    \(attribute: "value", value)\(attribute: "formaction", formAction)\
    \(attribute: "aria-pressed", isPressed.map { $0 ? "true" : "false" })\
    \(flag: "disabled", isDisabled)>\(UI.icon(icon))</button>
    """
  }

  static func link(_ title: String, to url: SafeURL, icon: Icon? = nil, isQuiet: Bool = false)
    -> HTML
  {
    """
    <a class="link" href="\(url)"\(flag: "data-quiet", isQuiet)>\
    \(icon.map { UI.icon($0) })\(breakable(title))</a>
    """
  }

  /// A link that leaves the portal: opens a new tab and says so.
  static func externalLink(_ title: String, to url: SafeURL) -> HTML {
    """
    <a class="link" href="\(url)" target="_blank" rel="noopener noreferrer">\(title)\
    \(UI.icon(.external, label: "opens in a new tab"))</a>
    """
  }

  private static func buttonLabel(_ title: String, _ icon: Icon?, isBusy: Bool) -> HTML {
    if isBusy { return "<span class=\"spinner\" aria-hidden=\"true\"></span>\(title)" }
    return "\(icon.map { UI.icon($0) })\(title)"
  }

  /// A row of buttons, the main one first.
  static func actions(_ buttons: [HTML]) -> HTML { "<div class=\"actions\">\(buttons)</div>" }

  /// A form that posts with the session's token. With `draft` the typed text is kept in the browser
  /// under that key until the form has led on to a page. Browser pop-ups are off: the messages stand
  /// beside the fields.
  static func form(
    action: SafeURL, csrf: String, isUpload: Bool = false, draft: String? = nil,
    id: String? = nil, style: StaticString? = nil, body: HTML
  ) -> HTML {
    """
    <form method="post" action="\(action)" novalidate\(attribute: "id", id)\
    \(attribute: "class", style?.description)\
    \(attribute: "enctype", isUpload ? "multipart/form-data" : nil)\
    \(attribute: "data-draft", draft)>\(hidden(csrfField, csrf))\
    \(draft.map { hidden(draftField, $0) })\(body)</form>
    """
  }

  /// The name of the hidden field with the key of the form's draft.
  static let draftField = "_draft"

  /// The name of the hidden field with the token against cross-site posts.
  static let csrfField = "_csrf"

  static func hidden(_ name: String, _ value: String) -> HTML {
    "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">"
  }

  /// A drop-down that opens on click, Enter and Space and, where JavaScript runs, closes on Escape
  /// and on a click elsewhere. `title` names it for screen readers.
  static func menu(
    label: HTML, title: String, style: StaticString = "plain", isEndAligned: Bool = false,
    body: HTML
  ) -> HTML {
    """
    <details class="menu menu-\(style.description)" name="menu"\(flag: "data-end", isEndAligned)>\
    <summary aria-label="\(title)" title="\(title)">\(label)</summary>\
    <div class="menu-panel">\(body)</div></details>
    """
  }

  /// Links and buttons in a menu behind three dots.
  static func moreMenu(title: String = "More actions", items: [HTML]) -> HTML {
    menu(
      label: icon(.more), title: title, style: "more", isEndAligned: true,
      body: "<ul class=\"menu-list\">\(items.html { "<li>\($0)</li>" })</ul>")
  }

  static func menuLink(_ title: String, to url: SafeURL, icon: Icon? = nil) -> HTML {
    "<a class=\"menu-item\" href=\"\(url)\">\(icon.map { UI.icon($0) })\(title)</a>"
  }

  /// A button in a menu; it submits the form around the menu, or to `formAction`.
  static func menuButton(
    _ title: String, icon: Icon? = nil, name: String? = nil, value: String? = nil,
    formAction: SafeURL? = nil, isDanger: Bool = false
  ) -> HTML {
    """
    <button class="menu-item"\(attribute: "name", name)\(attribute: "value", value)\
    \(attribute: "formaction", formAction)\(flag: "data-danger", isDanger)>\
    \(icon.map { UI.icon($0) })\(title)</button>
    """
  }
}
