extension UI {
  enum SortDirection: String, Sendable { case ascending, descending }

  /// A column of a table over `Row`.
  struct Column<Row> {
    enum Kind: String, Sendable {
      case text
      /// Right-aligned, digits of one width.
      case number
      /// The row's title: on a phone it is the card's heading.
      case title
      /// On a phone it has no heading of its own: state badges, menus.
      case bare
      /// Headed in the table; on a phone it speaks for itself beside the badges: a priority.
      case chip
    }
    var title: String
    var kind: Kind = .text
    /// Where a click on the heading leads (the other direction, when it sorts already).
    var sortURL: SafeURL?
    /// The direction in which this column sorts now; nil when another one does.
    var sorted: SortDirection?
    var cell: (Row) -> HTML

    init(
      _ title: String, _ kind: Kind = .text, sortURL: SafeURL? = nil,
      sorted: SortDirection? = nil, cell: @escaping (Row) -> HTML
    ) {
      (self.title, self.kind, self.sortURL, self.sorted) = (title, kind, sortURL, sorted)
      self.cell = cell
    }
  }

  /// How rows are chosen: a check box per row with this form field name, and the buttons that act
  /// on the chosen ones (they show when a row is chosen).
  struct Selection<Row> {
    var field: String
    var action: SafeURL
    var csrf: String
    var value: (Row) -> String
    /// What the box is called: `Select TKT-1042`.
    var label: (Row) -> String
    var buttons: [HTML]
  }

  /// Columns from which a table needs more room than half a laptop's screen.
  private static let manyColumns = 6

  /// A table where it fits, else a list of cards. `caption` names it for screen readers; with `hasLongCells` few
  /// columns need the room of many.
  /// Pages show `emptyState` or `noMatch` instead when there are no rows.
  static func table<Row>(
    _ rows: [Row], caption: String, columns: [Column<Row>], selection: Selection<Row>? = nil,
    hasLongCells: Bool = false, isMuted: (Row) -> Bool = { _ in false }
  ) -> HTML {
    let head = columns.html { heading($0) }
    let openings = columns.map { opening($0) }
    // Written in one go: a list has hundreds of cells.
    var body = HTML.empty
    for row in rows {
      body += "<tr\(flag: "data-muted", isMuted(row))>"
      if let selection { body += box(selection, row) }
      for (column, opening) in zip(columns, openings) {
        body += opening
        body += column.cell(row)
        body.append(column.kind == .title ? "</th>" : "</td>")
      }
      body.append("</tr>\n")
    }
    let all: HTML? = selection.map { _ in
      """
      <th class="cell-check" scope="col"><input type="checkbox" data-select-all hidden \
      aria-label="Select all on this page"><span class="unseen">Select</span></th>
      """
    }
    let table: HTML = """
      <table class="table"><caption class="unseen">\(caption)</caption>
      <thead><tr>\(all)\(head)</tr></thead>
      <tbody>\(body)</tbody></table>
      """
    let isWide = hasLongCells || columns.count >= manyColumns
    guard let selection else {
      return "<div class=\"table-box\(when: isWide, " many")\">\(table)</div>"
    }
    return form(
      action: selection.action, csrf: selection.csrf,
      style: isWide ? "table-box many selectable" : "table-box selectable",
      body: """
        \(table)<div class="bulk" role="group" aria-label="With the selected rows">\
        <span class="bulk-count" data-selected role="status">With selected</span>\
        \(UI.actions(selection.buttons))</div>
        """)
  }

  private static func heading<Row>(_ column: Column<Row>) -> HTML {
    let sort = column.sorted?.rawValue
    let mark: Icon =
      switch column.sorted {
      case .ascending: .sortUp
      case .descending: .sortDown
      case nil: .sort
      }
    let label: HTML =
      if let url = column.sortURL {
        "<a href=\"\(url)\">\(column.title)\(icon(mark))</a>"
      } else if column.kind == .bare {
        "<span class=\"unseen\">\(column.title)</span>"
      } else {
        "\(column.title)"
      }
    return """
      <th scope="col" data-kind="\(column.kind.rawValue)"\(attribute: "aria-sort", sort)>\
      \(label)</th>
      """
  }

  private static func box<Row>(_ selection: Selection<Row>, _ row: Row) -> HTML {
    """
    <td class="cell-check"><input type="checkbox" name="\(selection.field)" \
    value="\(selection.value(row))" aria-label="\(selection.label(row))"></td>
    """
  }

  /// What every cell of a column begins with.
  private static func opening<Row>(_ column: Column<Row>) -> HTML {
    if column.kind == .title { return "<th scope=\"row\" data-kind=\"title\">" }
    let label = column.kind == .bare || column.kind == .chip ? nil : column.title
    let kind = column.kind == .text ? nil : column.kind.rawValue
    return "<td\(attribute: "data-kind", kind)\(attribute: "data-label", label)>"
  }

  /// Nothing yet: says what goes here and offers the first action.
  static func emptyState(
    _ title: String, text: String, icon: Icon = .inbox, action: HTML? = nil
  ) -> HTML {
    """
    <div class="empty"><span class="empty-mark">\(UI.icon(icon))</span>\
    <p class="empty-title">\(title)</p><p>\(text)</p>\(action)</div>
    """
  }

  /// Filters that match nothing: says so and offers to clear them.
  static func noMatch(_ things: String, clear: SafeURL) -> HTML {
    emptyState(
      "No \(things) match", text: "Try other words or fewer filters.", icon: .search,
      action: linkButton("Clear filters", to: clear, icon: .close))
  }

  struct FilterChip: Sendable, Hashable {
    /// `Priority: High`
    var text: String
    /// This page without the filter.
    var removeURL: SafeURL
  }

  /// Search, selects and the chips of what is on. It is a GET form: every view is a URL (U-05).
  static func filterBar(
    action: SafeURL, leading: HTML? = nil, search: HTML? = nil, controls: [HTML] = [],
    keeping: [(String, String)] = [], chips: [FilterChip] = [], clear: SafeURL? = nil,
    trailing: HTML? = nil
  ) -> HTML {
    let chipList: HTML = """
      <ul class="chips" aria-label="Active filters">\(chips.html { chip in
        """
        <li><a class="chip" href="\(chip.removeURL)">\(chip.text)\
        <span class="unseen">, remove filter</span>\(icon(.close))</a></li>
        """
      })\(clear.map { "<li>\(link("Clear all", to: $0, isQuiet: true))</li>" as HTML })</ul>
      """
    return """
      <form class="filters" method="get" action="\(action)" role="search">\
      \(keeping.html { hidden($0.0, $0.1) })\
      <div class="filter-row">\(leading)\(search)\(controls)\
      \(button("Apply", style: .secondary))\(trailing)</div>\
      \(when: !chips.isEmpty, chipList)</form>
      """
  }

  /// A search box; it stands in a filter bar or in a GET form of its own.
  static func searchField(
    _ label: String, name: String = "q", value: String = "", placeholder: String? = nil
  ) -> HTML {
    """
    <label class="search">\(icon(.search))<span class="unseen">\(label)</span>\
    <input type="search" name="\(name)" value="\(value)" autocomplete="off" \
    placeholder="\(placeholder ?? label)"></label>
    """
  }

  /// A select without a visible label, for filter bars: its first option says what it filters.
  static func filterSelect(_ label: String, name: String, options: [Option], selected: String?)
    -> HTML
  {
    """
    <label class="filter-select"><span class="unseen">\(label)</span>\
    <select name="\(name)"><option value="">\(label)</option>\
    \(optionTags(options, selected: selected))</select></label>
    """
  }

  /// Cursor paging: what is shown, of how many, and the ways on. `total` is a text such as
  /// `312` or `more than 1,000`.
  static func pagination(
    shown: ClosedRange<Int>?, total: String?, things: String, previous: SafeURL?, next: SafeURL?
  ) -> HTML {
    // All of them on one page: how many there are is all there is to say.
    if let shown, shown.lowerBound == 1, previous == nil, next == nil {
      let one = shown.count == 1 && things.hasSuffix("s")
      return "<p class=\"pages\">\(shown.count) \(one ? String(things.dropLast()) : things)</p>"
    }
    let range = shown.map { "\($0.lowerBound)–\($0.upperBound)" }
    let text =
      switch (range, total) {
      case (let range?, let total?): "\(range) of \(total) \(things)"
      case (let range?, nil): "\(range) \(things)"
      case (nil, let total?): "\(total) \(things)"
      case (nil, nil): ""
      }
    return """
      <nav class="pages" aria-label="Pages"><span>\(text)</span>\
      \(pageLink("Previous", previous, rel: "prev"))\(pageLink("Next", next, rel: "next"))</nav>
      """
  }

  private static func pageLink(_ title: String, _ url: SafeURL?, rel: String) -> HTML {
    guard let url else {
      return "<span class=\"btn btn-secondary\" aria-disabled=\"true\" data-small>\(title)</span>"
    }
    return """
      <a class="btn btn-secondary" data-small rel="\(rel)" href="\(url)">\(title)</a>
      """
  }
}
