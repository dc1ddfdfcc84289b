extension UI {
  /// The head of a page: where it stands, what it is, what can be done.
  static func pageHead(
    _ title: String, crumbs: [(title: String, url: SafeURL)] = [], meta: HTML = .empty,
    actions: [HTML] = []
  ) -> HTML {
    """
    <header class="page-head">\(breadcrumbs(crumbs))
    <div class="page-title"><h1>\(title)</h1>\
    \(when: !actions.isEmpty, UI.actions(actions))</div>
    \(when: !meta.isEmpty, "<div class=\"page-meta\">\(meta)</div>")
    </header>
    """
  }

  /// The pages above this one; the page itself is its heading.
  static func breadcrumbs(_ crumbs: [(title: String, url: SafeURL)]) -> HTML {
    guard !crumbs.isEmpty else { return .empty }
    return """
      <nav class="crumbs" aria-label="Breadcrumb"><ol>\
      \(crumbs.html { "<li><a href=\"\($0.url)\">\($0.title)</a></li>" })</ol></nav>
      """
  }

  struct TabItem: Sendable, Hashable {
    var title: String
    var url: SafeURL
    var count: Int?
    var isCurrent = false
  }

  /// Views of one thing, each with its own URL (U-05).
  static func tabs(_ items: [TabItem], label: String) -> HTML {
    let links = items.html { item in
      """
      <a href="\(item.url)"\(attribute: "aria-current", item.isCurrent ? "page" : nil)>\
      \(item.title)\(item.count.map { "<span class=\"count\">\($0)</span>" as HTML })</a>
      """
    }
    return "<nav class=\"tabs\" aria-label=\"\(label)\">\(links)</nav>"
  }

  /// Two or three views of the same list, as one control: Open and Closed.
  static func segments(_ items: [TabItem], label: String) -> HTML {
    let links = items.html { item in
      """
      <a class="segment" href="\(item.url)"\
      \(attribute: "aria-current", item.isCurrent ? "page" : nil)>\(item.title)\
      \(item.count.map { "<span class=\"count\">\($0)</span>" as HTML })</a>
      """
    }
    return "<nav class=\"segments\" aria-label=\"\(label)\">\(links)</nav>"
  }

  /// A surface with an optional heading, actions beside it and a footer.
  static func card(
    _ title: String? = nil, actions: [HTML] = [], isFlush: Bool = false, footer: HTML? = nil,
    body: HTML
  ) -> HTML {
    let head = title.map { title in
      """
      <header class="card-head"><h2>\(title)</h2>\
      \(when: !actions.isEmpty, UI.actions(actions))</header>
      """ as HTML
    }
    return """
      <section class="card"\(flag: "data-flush", isFlush)>\(head)\
      <div class="card-body">\(body)</div>\
      \(footer.map { "<footer class=\"card-foot\">\($0)</footer>" as HTML })</section>
      """
  }

  /// Names and values; a nil value is shown as a dash that is read as "not set".
  static func descriptionList(_ items: [(term: String, value: HTML?)], isWide: Bool = false)
    -> HTML
  {
    let rows = items.html { item in
      """
      <div><dt>\(item.term)</dt><dd>\(item.value ?? notSet)</dd></div>
      """
    }
    return "<dl class=\"facts\"\(flag: "data-wide", isWide)>\(rows)</dl>"
  }

  /// Sums below one another at the right edge, the last of them the result.
  static func sums(_ items: [(term: HTML, value: HTML?)]) -> HTML {
    let rows = items.enumerated().html { index, item in
      """
      <div\(flag: "data-strong", index == items.count - 1)><dt>\(item.term)</dt>\
      <dd>\(item.value ?? notSet)</dd></div>
      """
    }
    return "<dl class=\"facts\" data-sums>\(rows)</dl>"
  }

  static let notSet: HTML =
    "<span class=\"quiet\"><span aria-hidden=\"true\">–</span><span class=\"unseen\">not set</span></span>"

  /// A page with a main column and a narrower one beside it, below it on phones.
  static func columns(main: HTML, aside: HTML, asideLabel: String) -> HTML {
    """
    <div class="columns"><div class="column-main">\(main)</div>\
    <aside class="column-side" aria-label="\(asideLabel)">\(aside)</aside></div>
    """
  }

  struct TimelineItem: Sendable {
    var icon: Icon
    /// `Dana Reyes assigned it to Sam Ortega`
    var text: HTML
    var time: HTML
    var tone: Tone = .neutral
  }

  /// What happened, oldest first.
  static func timeline(_ items: [TimelineItem]) -> HTML {
    let rows = items.html { item in
      """
      <li data-tone="\(item.tone.rawValue)"><span class="timeline-mark">\(icon(item.icon))</span>\
      <span class="timeline-text">\(item.text)</span> \(item.time)</li>
      """
    }
    return "<ol class=\"timeline\">\(rows)</ol>"
  }

  /// A share of a whole, said in words as well. `value` and `total` in the same unit.
  static func progress(_ label: String, value: Int64, total: Int64, text: String) -> HTML {
    """
    <div class="progress"><span class="progress-label">\(label)</span>\
    <span class="progress-text">\(text)</span>\
    <progress max="\(max(total, 1))" value="\(min(max(value, 0), max(total, 1)))" \
    aria-label="\(label)">\(text)</progress></div>
    """
  }

  /// An identifier people read out: `TKT-1042`. A click copies it where JavaScript runs.
  static func copyable(_ text: String, label: String = "Copy") -> HTML {
    """
    <span class="copyable"><code>\(text)</code><button class="btn-icon" type="button" hidden \
    data-copy="\(text)" aria-label="\(label) \(text)" title="\(label)">\(icon(.copy))</button></span>
    """
  }

  /// Several inline facts with dots between them.
  static func facts(_ parts: [HTML]) -> HTML {
    var html = HTML(trusted: "<span class=\"inline-facts\">")
    for part in parts {
      html.append("<span>")
      html += part
      html.append("</span>")
    }
    html.append("</span>")
    return html
  }

  /// The head of a printed page: house, document, number, date; not seen on screens.
  static func printHead(house: House, title: String, detail: String) -> HTML {
    """
    <header class="print-head" aria-hidden="true"><span class="house">\(houseMark(house))</span>\
    <span><strong>\(title)</strong> \(detail)</span></header>
    """
  }
}
