import PorticoAPI
import RPC
import WellKnown

/// `/settings/catalog?kind=…`: the values that tickets are classified with; one can be added, renamed and retired.
enum CatalogPage {
  static let routes: [PageRoute] = [
    .staff(.GET, "/settings/catalog", .ticketSettingsWrite) { context in
      try await page(context, kind: kind(context.query["kind"]))
    },
    .staff(.POST, "/settings/catalog", .ticketSettingsWrite, add),
    .staff(.GET, "/settings/catalog/{entry}", .ticketSettingsWrite) { context in
      try await CatalogEntryPage.page(context, state: .init())
    },
    .staff(.POST, "/settings/catalog/{entry}", .ticketSettingsWrite, CatalogEntryPage.save),
  ]

  typealias Kind = (value: String, title: String, kind: Ticketing.CatalogKind)
  static let kinds: [Kind] = [
    ("priority", "Priorities", .priority), ("type", "Ticket types", .ticketType),
    ("category", "Categories", .category), ("issue", "Issue types", .issueType),
    ("sub-issue", "Sub-issue types", .subIssueType),
  ]
  static func kind(_ value: String?) -> Kind { kinds.first { $0.value == value } ?? kinds[0] }

  private static func page(
    _ context: PageContext, kind: Kind, state: FormState = .init()
  ) async throws -> Response {
    let entries = try await CatalogClient(context.caller)
      .listCatalogEntries(.init(includeRetired: true)).catalogEntries
    return await shell(
      context, title: "Catalogue: \(kind.title)", active: "/settings/catalog",
      status: state.status, render(entries, kind, context, state))
  }

  static func render(
    _ entries: [Ticketing.CatalogEntry], _ kind: Kind, _ context: PageContext,
    _ state: FormState = .init()
  ) -> HTML {
    let shown = entries.filter { $0.kind == kind.kind }
    let tabs = kinds.map { item in
      UI.TabItem(
        title: item.title, url: "/settings/catalog?kind=\(item.value)",
        count: entries.count { $0.kind == item.kind && !$0.retired },
        isCurrent: item.value == kind.value)
    }
    let list: HTML =
      shown.isEmpty
      ? UI.emptyState("Nothing here yet", text: "Add the first one below.", icon: .book)
      : UI.table(
        shown, caption: kind.title, columns: columns(kind, entries), isMuted: \.retired)
    return """
      \(UI.pageHead("Catalogue"))
      \(UI.tabs(tabs, label: "Kind"))
      \(list)
      \(UI.card("Add", body: form(entries, kind, context, state)))
      """
  }

  private static func columns(
    _ kind: Kind, _ entries: [Ticketing.CatalogEntry]
  ) -> [UI.Column<Ticketing.CatalogEntry>] {
    var columns: [UI.Column<Ticketing.CatalogEntry>] = [
      .init("Name", .title) { "<a href=\"\(url($0))\">\($0.displayName)</a>" },
      .init("Rank", .number) { "\($0.rank)" },
      .init("State", .bare) { entry in
        entry.retired
          ? UI.badge("Retired", icon: .archive)
          : entry.isDefault ? UI.badge("Default", tone: .accent) : .empty
      },
    ]
    if kind.kind == .subIssueType {
      columns.insert(
        .init("Issue type") { entry in
          UI.text(entries.first { $0.name == entry.parent }?.displayName ?? "") ?? UI.notSet
        }, at: 1)
    }
    return columns
  }

  /// `catalogEntries/7` → `/settings/catalog/7`
  static func url(_ entry: Ticketing.CatalogEntry) -> SafeURL {
    "/settings/catalog/\(entry.name.split(separator: "/").last.map(String.init) ?? "")"
  }

  private static func form(
    _ entries: [Ticketing.CatalogEntry], _ kind: Kind, _ context: PageContext, _ state: FormState
  ) -> HTML {
    let name = state.field("catalog_entry.display_name", "Name")
    let rank = state.field(
      "catalog_entry.rank", "Rank",
      hint: kind.kind == .priority ? "1 is the most urgent." : "Lists go by it.",
      isOptional: true)
    let parent = state.field("catalog_entry.parent", "Issue type")
    let issues = entries.filter { $0.kind == .issueType && !$0.retired }.map {
      UI.Option($0.name, $0.displayName)
    }
    let here: SafeURL = "/settings/catalog?kind=\(kind.value)"
    return UI.form(
      action: "/settings/catalog", csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary([name, rank, parent], reload: here))\(state.requestID)\
        \(UI.hidden("kind", kind.value))\
        \(UI.textField(name, value: state.text(name.name), limit: 100))\
        \(when: kind.kind == .subIssueType, UI.select(
          parent, options: issues, selected: state.text(parent.name)))\
        \(UI.textField(rank, value: state.text(rank.name), type: .number, isShort: true))\
        \(UI.checkbox(
          state.field("is_default", "Taken when a ticket names none"), isOn: state.isOn("is_default")))\
        <div class="form-foot">\(UI.button("Add", icon: .plus))</div>
        """)
  }

  @Sendable private static func add(_ context: PageContext) async throws -> Response {
    let form = context.form
    let kind = kind(form["kind"])
    do {
      let entry = try await CatalogClient(context.caller).createCatalogEntry(
        .init(
          catalogEntry: .init(
            kind: kind.kind, displayName: form.plain("catalog_entry.display_name"),
            parent: kind.kind == .subIssueType ? form.plain("catalog_entry.parent") : "",
            rank: try CatalogEntryPage.rank(form), isDefault: form.isOn("is_default")),
          requestID: form["request_id"]))
      return .redirect(
        to: "/settings/catalog?kind=\(kind.value)",
        flash: .success("“\(entry.displayName)” is added."))
    } catch {
      return try await page(context, kind: kind, state: try FormState(error, form))
    }
  }
}
