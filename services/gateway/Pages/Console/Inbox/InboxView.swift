import PorticoAPI
import RPC

/// What the inbox shows, read from its URL: every view is a link.
struct InboxView: Sendable {
  enum Folder: String, Sendable, CaseIterable {
    case unassigned, mine, assigned, all

    var title: String {
      switch self {
      case .unassigned: "Unassigned"
      case .mine: "Mine"
      case .assigned: "Assigned"
      case .all: "All"
      }
    }
    var api: Ticketing.TicketFolder {
      switch self {
      case .unassigned: .unassigned
      case .mine: .mine
      case .assigned: .assigned
      case .all: .unspecified
      }
    }
  }
  let folder: Folder
  let view: Ticketing.TicketView
  let order: Ticketing.TicketOrder
  let query: String
  let priorities: [String]
  private let pageToken: String
  private let here: SafeURL

  init(_ context: PageContext) {
    folder = context.query["folder"].flatMap(Folder.init) ?? .unassigned
    view = Self.views.first { $0.value == context.query["view"] }?.view ?? .open
    order = Self.orders.first { $0.value == context.query["order"] }?.order ?? .unspecified
    query = context.query["q"] ?? ""
    priorities = context.query.all("priority").filter { !$0.isEmpty }
    pageToken = context.query["page_token"] ?? ""
    here = SafeURL(checked: context.request.target.raw).setting("page_token", to: nil)
  }

  private static let orders: [(value: String, title: String, order: Ticketing.TicketOrder)] = [
    ("oldest", "Oldest first", .createdFirst), ("updated", "Last changed first", .updatedLast),
    ("priority", "Most urgent first", .priority), ("due", "Due first", .due),
  ]
  private static let views: [(value: String, title: String, view: Ticketing.TicketView)] = [
    ("closed", "Resolved and closed", .closed), ("any", "Open and closed", .all),
  ]

  var request: Ticketing.ListTicketsRequest {
    .init(
      parent: "accounts/-", pageSize: 25, pageToken: pageToken, view: view, folder: folder.api,
      orderBy: order, query: query, priorities: priorities)
  }

  var isFiltered: Bool { !query.isEmpty || !priorities.isEmpty || view != .open }
  var unfiltered: SafeURL {
    ["q", "priority", "view"].reduce(here) { $0.setting($1, to: nil) }
  }

  func tabs(_ counts: [Folder: Int]) -> [UI.TabItem] {
    Folder.allCases.map { folder in
      .init(
        title: folder.title, url: here.setting("folder", to: folder.rawValue),
        count: counts[folder], isCurrent: folder == self.folder)
    }
  }

  func filters(_ catalog: [Ticketing.CatalogEntry]) -> HTML {
    let options = catalog.map { UI.Option($0.name, $0.displayName) }
    var chips: [UI.FilterChip] = []
    if !query.isEmpty {
      chips.append(.init(text: "“\(query)”", removeURL: here.setting("q", to: nil)))
    }
    for priority in priorities {
      let title = options.first { $0.value == priority }?.title ?? priority
      chips.append(
        .init(text: "Priority: \(title)", removeURL: here.setting("priority", to: nil)))
    }
    let viewTitle = Self.views.first { $0.view == view }
    if let viewTitle {
      chips.append(.init(text: viewTitle.title, removeURL: here.setting("view", to: nil)))
    }
    return UI.filterBar(
      action: "/inbox", search: UI.searchField("Search tickets", value: query),
      controls: [
        UI.filterSelect(
          "Any priority", name: "priority", options: options, selected: priorities.first),
        UI.filterSelect(
          "Open", name: "view", options: Self.views.map { UI.Option($0.value, $0.title) },
          selected: viewTitle?.value),
        UI.filterSelect(
          "Latest first", name: "order", options: Self.orders.map { UI.Option($0.value, $0.title) },
          selected: Self.orders.first { $0.order == order }?.value),
      ], keeping: [("folder", folder.rawValue)], chips: chips,
      clear: isFiltered ? unfiltered : nil)
  }

  /// Where a click on a heading leads; nil is the latest first.
  func sort(_ value: String?) -> SafeURL { here.setting("order", to: value) }
}
