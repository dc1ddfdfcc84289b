extension UI {
  /// What happened to the last action, told once on the next page.
  struct FlashMessage: Sendable, Hashable {
    /// `.success` and `.neutral` become toasts, the others a banner that stays (U-10).
    var tone: Tone
    var text: String
    /// Where a POST takes the action back.
    var undo: SafeURL?

    init(tone: Tone, text: String, undo: SafeURL? = nil) {
      (self.tone, self.text, self.undo) = (tone, text, undo)
    }

    /// What the edge kept from the last answer; nil when it is nothing to say.
    init?(_ flash: Flash) {
      switch flash.kind {
      case .success: self.init(tone: .success, text: flash.text)
      case .notice: self.init(tone: .neutral, text: flash.text)
      case .failure: self.init(tone: .danger, text: flash.text)
      case .draft: return nil
      }
    }
  }

  /// Something to know about this page.
  static func callout(_ tone: Tone, title: String? = nil, body: HTML, action: HTML? = nil) -> HTML {
    let mark: Icon =
      switch tone {
      case .danger, .warning: .alert
      case .success: .check
      case .neutral, .accent, .info: .info
      }
    return """
      <div class="callout" data-tone="\(tone.rawValue)">\(icon(mark))\
      <div>\(title.map { "<p class=\"callout-title\">\($0)</p>" as HTML })\(body)</div>\(action)</div>
      """
  }

  /// The banners of a page: errors and warnings, which wait until they are read.
  static func flashBanners(_ flashes: [FlashMessage]) -> HTML {
    let lasting = flashes.filter { $0.tone != .success && $0.tone != .neutral }
    guard !lasting.isEmpty else { return .empty }
    return """
      <div class="banners" role="alert">\
      \(lasting.html { callout($0.tone, body: "<p>\($0.text)</p>") })</div>
      """
  }

  /// The place of toasts, also of those a script adds. They stay 6 s, longer while hovered or
  /// focused, and for good without JavaScript.
  static func toasts(_ flashes: [FlashMessage], csrf: String) -> HTML {
    let done = flashes.filter { $0.tone == .success || $0.tone == .neutral }
    return """
      <div class="toasts" role="status" aria-live="polite" data-toasts>\
      \(done.html { toast($0, csrf: csrf) })</div>
      """
  }

  static func toast(_ flash: FlashMessage, csrf: String) -> HTML {
    let undo = flash.undo.map { url in
      form(action: url, csrf: csrf, body: "<button class=\"toast-undo\">Undo</button>")
    }
    return """
      <div class="toast" data-toast>\(icon(flash.tone == .success ? .check : .info))\
      <p>\(flash.text)</p>\(undo)\
      <button class="btn-icon" type="button" data-close-toast hidden aria-label="Dismiss">\
      \(icon(.close))</button></div>
      """
  }

  /// A dialog. It opens by a link to `#id` (`linkButton(…, to: "#id", dialog: "id")`): by script as a
  /// modal, without JavaScript by `:target`.
  static func dialog(id: String, title: String, isWide: Bool = false, body: HTML) -> HTML {
    """
    <dialog class="dialog" id="\(id)" aria-labelledby="\(id)-title"\(flag: "data-wide", isWide)>\
    <header class="dialog-head"><h2 id="\(id)-title">\(title)</h2>\
    <a class="btn-icon" href="#main" data-close aria-label="Close" role="button">\(icon(.close))</a>\
    </header><div class="dialog-body">\(body)</div></dialog>
    """
  }

  /// The buttons at a dialog's end: the way out and the deed.
  static func dialogActions(_ buttons: [HTML]) -> HTML {
    """
    <div class="dialog-foot">\
    <a class="btn btn-ghost" href="#main" data-close role="button">Cancel</a>\(buttons)</div>
    """
  }

  /// The outline of what is loading: `lines` bars of text.
  static func skeleton(lines: Int = 3, label: String = "Loading") -> HTML {
    let bars = (0..<lines).html { _ in "<span></span>" }
    return """
      <div class="skeleton" role="status"><span class="unseen">\(label)…</span>\
      <div aria-hidden="true">\(bars)</div></div>
      """
  }

  enum TileState: Sendable {
    case ready(HTML)
    case loading
    /// The service did not answer in time; the rest of the page stands (N-10).
    case failed(retry: SafeURL)
    /// The same, with what it said before (U-24).
    case stale(HTML, since: HTML, retry: SafeURL)
  }

  /// A tile of the home page, with its own fate.
  static func tile(
    _ title: String, icon: Icon, more: (title: String, url: SafeURL)? = nil, state: TileState
  ) -> HTML {
    let body: HTML =
      switch state {
      case .ready(let html): html
      case .loading: skeleton()
      case .failed(let retry):
        """
        \(tileFailure("\(title) could not be loaded right now. The rest of the page is up to date.", retry))
        """
      case .stale(let html, let since, let retry):
        """
        \(tileFailure("\(title) could not be loaded right now. This is how it was \(since).", retry))\(html)
        """
      }
    let link = more.map { "<a class=\"link\" href=\"\($0.url)\">\($0.title)</a>" as HTML }
    return """
      <section class="tile"><header class="tile-head"><h2>\(UI.icon(icon))\(title)</h2>\(link)\
      </header>\(body)</section>
      """
  }

  private static func tileFailure(_ text: HTML, _ retry: SafeURL) -> HTML {
    """
    <div class="tile-failed"><p>\(UI.icon(.alert))\(text)</p>\
    \(linkButton("Try again", to: retry, icon: .refresh, isSmall: true))</div>
    """
  }

  static func tiles(_ tiles: [HTML]) -> HTML { "<div class=\"tiles\">\(tiles)</div>" }

  /// A row of a tile's list: a link, a line below it, something at the end.
  static func tileRow(_ title: String, to url: SafeURL, detail: HTML, trailing: HTML = .empty)
    -> HTML
  {
    """
    <li class="tile-row"><div><a href="\(url)">\(title)</a><p>\(detail)</p></div>\(trailing)</li>
    """
  }

  /// What a tile's list comes to: the number, what it counts, a badge.
  static func tileFigure(_ figure: HTML, _ text: String, badge: HTML? = nil) -> HTML {
    "<p class=\"tile-figure\"><strong>\(figure)</strong> \(text) \(badge)</p>"
  }

  static func tileList(_ rows: [HTML]) -> HTML { "<ul class=\"tile-list\">\(rows)</ul>" }

  /// A page that says what went wrong, the request's id and the way back, and another try where `retry` leads. `message` is for the
  /// reader; what the operator needs is in the log under the id.
  static func errorPage(
    code: Int, title: String, message: String, requestID: String, retry: SafeURL? = nil,
    back: SafeURL = "/", backTitle: String = "Go to the home page"
  ) -> HTML {
    let again = retry.map { linkButton("Try again", to: $0, style: .primary, icon: .refresh) }
    let home = linkButton(backTitle, to: back, style: again == nil ? .primary : .secondary)
    return """
      <div class="error-page"><p class="error-code">\(code)</p><h1>\(title)</h1><p>\(message)</p>\
      \(UI.actions([again, home].compactMap(\.self)))\
      <p class="quiet">Request \(copyable(requestID))</p></div>
      """
  }
}
