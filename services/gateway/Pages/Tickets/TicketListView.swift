import Access
import PorticoAPI
import RPC

/// What a ticket list shows, read from its URL: every view is a link.
struct TicketListView: Sendable {
  let isStaff: Bool
  /// The person sees more than their own tickets, so that there is a choice.
  let offersScopes: Bool
  let isMine: Bool
  let isClosed: Bool
  let order: Ticketing.TicketOrder
  let query: String
  let priority: String
  private let parent: String
  private let pageToken: String
  private let here: SafeURL

  init(_ context: PageContext) {
    isStaff = context.principal?.isStaff ?? false
    offersScopes = !isStaff && context.seesWholeOrganization
    isMine = !isStaff && (!offersScopes || context.query["scope"] == "mine")
    isClosed = context.query["view"] == "closed"
    order = Self.orders.first { $0.value == context.query["order"] }?.order ?? .init()
    query = context.query["q"] ?? ""
    priority = context.query["priority"] ?? ""
    parent = context.listParent
    pageToken = context.query["page_token"] ?? ""
    here = SafeURL(checked: context.request.target.raw).setting("page_token", to: nil)
  }

  private static let orders: [(value: String, title: String, order: Ticketing.TicketOrder)] = [
    ("updated", "Last changed first", .updatedLast), ("oldest", "Oldest first", .createdFirst),
    ("priority", "Most urgent first", .priority), ("due", "Due first", .due),
  ]

  var request: Ticketing.ListTicketsRequest {
    .init(
      parent: parent, pageSize: 25, pageToken: pageToken, view: isClosed ? .closed : .open,
      myTickets: isMine, orderBy: order, query: query,
      priorities: priority.isEmpty ? [] : [priority])
  }

  var title: String {
    if isStaff { return "Tickets" }
    return isMine ? "My Tickets" : "Organization’s tickets"
  }
  var isFiltered: Bool { !query.isEmpty || !priority.isEmpty }
  var unfiltered: SafeURL { here.setting("q", to: nil).setting("priority", to: nil) }

  var scopeTabs: [UI.TabItem] {
    [
      .init(title: "My Tickets", url: here.setting("scope", to: "mine"), isCurrent: isMine),
      .init(
        title: "Organization’s tickets", url: here.setting("scope", to: nil), isCurrent: !isMine),
    ]
  }

  var viewTabs: [UI.TabItem] {
    [
      .init(title: "Open", url: here.setting("view", to: nil), isCurrent: !isClosed),
      .init(title: "Closed", url: here.setting("view", to: "closed"), isCurrent: isClosed),
    ]
  }

  func filters(_ priorities: [UI.Option]) -> HTML {
    var controls = [
      UI.filterSelect(
        "Latest first", name: "order", options: Self.orders.map { UI.Option($0.value, $0.title) },
        selected: Self.orders.first { $0.order == order }?.value)
    ]
    if !priorities.isEmpty {
      controls.append(
        UI.filterSelect("Any priority", name: "priority", options: priorities, selected: priority))
    }
    var keeping: [(String, String)] = []
    if isMine, offersScopes { keeping.append(("scope", "mine")) }
    if isClosed { keeping.append(("view", "closed")) }
    var chips: [UI.FilterChip] = []
    if !query.isEmpty {
      chips.append(.init(text: "“\(query)”", removeURL: here.setting("q", to: nil)))
    }
    if !priority.isEmpty {
      let name = priorities.first { $0.value == priority }?.title ?? priority
      chips.append(.init(text: "Priority: \(name)", removeURL: here.setting("priority", to: nil)))
    }
    return UI.filterBar(
      action: "/tickets", leading: UI.segments(viewTabs, label: "Open or closed"),
      search: UI.searchField("Search tickets", value: query),
      controls: controls, keeping: keeping, chips: chips, clear: isFiltered ? unfiltered : nil)
  }

  /// Where a click on a sortable heading leads, and how it sorts now.
  func sort(
    by ascending: String?, or descending: String?
  ) -> (url: SafeURL, sorted: UI.SortDirection?) {
    let value = Self.orders.first { $0.order == order }?.value
    let sorted: UI.SortDirection? =
      value == descending ? .descending : value == ascending ? .ascending : nil
    let next = sorted == .descending ? ascending : descending
    return (here.setting("order", to: next), sorted)
  }
}

extension PageContext {
  /// Whether the person may read tickets of others in the account looked at, for offering that list.
  var seesWholeOrganization: Bool { reachesOthers(.ticketsRead) }

  /// Whether the person may raise tickets for others there, and look up who these are (F-04).
  var raisesForColleagues: Bool { may(.contactsRead) && reachesOthers(.ticketsWrite) }

  private func reachesOthers(_ permission: Permission) -> Bool {
    guard let principal else { return false }
    guard principal.isCustomer else { return true }
    let held = principal.memberships.filter { "accounts/\($0.account)" == currentAccount }
    return (principal.grants + held.flatMap(\.grants)).contains {
      $0.permission == permission && $0.reach > .own
    }
  }
}
