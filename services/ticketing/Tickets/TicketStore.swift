import Foundation
import Store
import Values

/// Tickets by number. Lists follow one of the orders of `Order`, ties by number.
struct TicketStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  struct Filter: Sendable, Hashable {
    enum View: Sendable, Hashable {
      case open, closed, all

      /// What it wants of `is_open`.
      var isOpen: Bool? {
        switch self {
        case .open: true
        case .closed: false
        case .all: nil
        }
      }
    }
    enum Folder: Sendable, Hashable {
      case any, unassigned, assigned
      case mine(String)
    }
    enum Order: Sendable, Hashable { case newest, oldest, lastUpdated, priority, due }

    var account: String?
    var view: View = .all
    /// Contacts of the caller: only tickets of which one of them is the contact person.
    var contacts: [Contact]?
    var folder: Folder = .any
    var order: Order = .newest
    var query = ""
    var priorities: [String] = []
    /// Whether changes that only staff know of count as updates.
    var isStaff = false

    /// Whether nothing narrows the list but words and whether tickets are open.
    var isOfWordsAlone: Bool {
      account == nil && contacts == nil && folder == .any && priorities.isEmpty
    }

    struct Contact: Sendable, Hashable {
      var account: String
      var id: String
    }
  }

  /// Takes the next number; the counter stays locked until the transaction ends.
  func nextNumber() throws -> Int64 {
    let row = try db.first(
      """
      INSERT INTO ticket_numbers (tenant, last) VALUES (\(db.tenant), 1001)
      ON CONFLICT (tenant) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last
      """, else: .corrupt("ticket_numbers"))
    return try row["last"]
  }

  func ticket(account: String, number: Int64, in scope: Scope) throws -> Ticket {
    let row = try db.first(
      """
      SELECT * FROM tickets WHERE tenant = \(db.tenant) AND number = \(number)
        AND account = \(account) AND \(Self.reach(scope))
      """, else: .notFound)
    return try Ticket(row)
  }

  /// - Parameter search: what the index found for the filter.
  func tickets(
    _ filter: Filter, found search: TicketSearchStore.Found, page: PageRequest, in scope: Scope
  ) throws -> Page<Ticket> {
    let rows = try db.all(
      search.list(
        .all(conditions(filter, in: scope)),
        after: search.leads
          ? try page.after("number", order: .descending) : try after(page, filter),
        by: ordering(filter), page))
    return try page.page(rows.map(Ticket.init)) { ticket in
      if search.leads { return [ticket.number.sqlValue] }
      let key: [SQLValue] =
        switch filter.order {
        case .newest, .oldest: [ticket.created.sqlValue]
        case .lastUpdated: [(filter.isStaff ? ticket.updated : ticket.updatedPublic).sqlValue]
        case .priority: [ticket.classification.priorityRank.sqlValue]
        case .due: [ticket.dueOrder.sqlValue]
        }
      return key + [ticket.number.sqlValue]
    }
  }

  /// How many match, counted up to `limit`.
  func count(
    _ filter: Filter, found search: TicketSearchStore.Found, upTo limit: Int64, in scope: Scope
  ) throws -> Int64 {
    if let total = search.total { return min(total, limit) }
    let matches = search.matches("1", .all(conditions(filter, in: scope)), newest: limit)
    let row = try db.first(
      "SELECT COUNT(*) AS matches FROM (\(matches)) AS found", else: .corrupt("count"))
    let counted: Int64 = try row["matches"]
    return min(counted, limit)
  }

  func insert(_ ticket: Ticket, in scope: Scope) throws {
    guard scope.allows(account: ticket.account, site: ticket.site?.id, contact: ticket.contact.id)
    else { throw StoreError.notFound }
    let kind = ticket.classification
    try db.run(
      """
      INSERT INTO tickets (tenant, number, account, account_display_name, site, site_display_name,
        contact, contact_display_name, contact_email, title, details, search_text, state, is_open,
        source, category, type, priority, priority_rank, issue_type, sub_issue_type, hardware_asset,
        software_asset, assignee, assignee_display_name, due, due_order, created, updated_public,
        updated, follows_account, follows_number, public_note_count, internal_note_count, version,
        public_version)
      VALUES (\(db.tenant), \(ticket.number), \(ticket.account), \(ticket.accountDisplayName),
        \(ticket.site?.id), \(ticket.site?.displayName ?? ""), \(ticket.contact.id),
        \(ticket.contact.displayName), \(ticket.contact.email), \(ticket.title), \(ticket.details),
        \(ticket.searchText), \(ticket.state), \(ticket.state.isOpen), \(ticket.source),
        \(kind.category), \(kind.type), \(kind.priority), \(kind.priorityRank),
        \(kind.issueType), \(kind.subIssueType), \(ticket.hardwareAsset), \(ticket.softwareAsset),
        \(ticket.assignee?.id), \(ticket.assignee?.displayName ?? ""), \(ticket.due),
        \(ticket.dueOrder), \(ticket.created), \(ticket.updatedPublic), \(ticket.updated),
        \(ticket.follows?.account), \(ticket.follows?.number), \(ticket.publicNoteCount),
        \(ticket.internalNoteCount), \(ticket.version), \(ticket.publicVersion))
      """)
  }

  /// Writes everything that can change, and moves the version on. ABORTED for the loser of a race.
  func save(_ ticket: Ticket, in scope: Scope) throws -> Ticket {
    let kind = ticket.classification
    try db.run(
      """
      UPDATE tickets SET site = \(ticket.site?.id),
        site_display_name = \(ticket.site?.displayName ?? ""), title = \(ticket.title),
        search_text = \(ticket.searchText), state = \(ticket.state),
        is_open = \(ticket.state.isOpen), category = \(kind.category), type = \(kind.type),
        priority = \(kind.priority), priority_rank = \(kind.priorityRank),
        issue_type = \(kind.issueType), sub_issue_type = \(kind.subIssueType),
        hardware_asset = \(ticket.hardwareAsset), software_asset = \(ticket.softwareAsset),
        assignee = \(ticket.assignee?.id),
        assignee_display_name = \(ticket.assignee?.displayName ?? ""), due = \(ticket.due),
        due_order = \(ticket.dueOrder), updated_public = \(ticket.updatedPublic),
        updated = \(ticket.updated), first_response = \(ticket.firstResponse),
        resolved = \(ticket.resolved), closed = \(ticket.closed),
        public_note_count = \(ticket.publicNoteCount),
        internal_note_count = \(ticket.internalNoteCount),
        public_version = \(ticket.publicVersion), version = version + 1
      WHERE tenant = \(db.tenant) AND number = \(ticket.number) AND account = \(ticket.account)
        AND version = \(ticket.version) AND \(Self.reach(scope))
      """, else: .stale)
    var saved = ticket
    saved.version += 1
    return saved
  }

  /// Lets tickets keep their place in lists by urgency when a priority is ranked anew. Nothing of a
  /// ticket itself changes, so its version stays.
  func rerank(priority: String, to rank: Int64, in scope: Scope) throws {
    try db.run(
      """
      UPDATE tickets SET priority_rank = \(rank) WHERE tenant = \(db.tenant)
        AND priority = \(priority) AND priority_rank <> \(rank) AND \(Self.reach(scope))
      """)
  }

  private static func reach(_ scope: Scope) -> SQL {
    scope.predicate(account: "account", site: "site", contact: "contact")
  }
}

extension TicketStore {
  private func conditions(_ filter: Filter, in scope: Scope) -> [SQL] {
    var conditions: [SQL] = ["tenant = \(db.tenant)", Self.reach(scope)]
    if let account = filter.account { conditions.append("account = \(account)") }
    if let isOpen = filter.view.isOpen { conditions.append("is_open = \(isOpen)") }
    if let contacts = filter.contacts {
      conditions.append(
        .any(contacts.map { "(account = \($0.account) AND contact = \($0.id))" }))
    }
    switch filter.folder {
    case .any: break
    case .unassigned: conditions.append("assignee IS NULL")
    case .assigned: conditions.append("assignee IS NOT NULL")
    case .mine(let user): conditions.append("assignee = \(user)")
    }
    if !filter.priorities.isEmpty { conditions.append("priority IN \(filter.priorities)") }
    for word in SearchText.words(filter.query) {
      conditions.append("tickets.search_text \(containing: word)")
    }
    return conditions
  }

  private func ordering(_ filter: Filter) -> SQL {
    switch filter.order {
    case .newest: "created DESC, number DESC"
    case .oldest: "created, number"
    case .lastUpdated:
      filter.isStaff ? "updated DESC, number DESC" : "updated_public DESC, number DESC"
    case .priority: "priority_rank, number"
    case .due: "due_order, number"
    }
  }

  private func after(_ page: PageRequest, _ filter: Filter) throws -> SQL {
    switch filter.order {
    case .newest: try page.after("created", "number", order: .descending)
    case .oldest: try page.after("created", "number", order: .ascending)
    case .lastUpdated:
      filter.isStaff
        ? try page.after("updated", "number", order: .descending)
        : try page.after("updated_public", "number", order: .descending)
    case .priority: try page.after("priority_rank", "number", order: .ascending)
    case .due: try page.after("due_order", "number", order: .ascending)
    }
  }
}

extension Ticket {
  fileprivate var dueOrder: Int64 { due?.microseconds ?? .max }
  fileprivate var searchText: String { SearchText.folded("\(displayID) \(title) \(details)") }

  fileprivate init(_ row: Row) throws {
    func named(_ column: String) throws -> Named? {
      guard let id: String = try row[column] else { return nil }
      return Named(id: id, displayName: try row["\(column)_display_name"])
    }
    var follows: Reference?
    if let account: String = try row["follows_account"],
      let number: Int64 = try row["follows_number"]
    {
      follows = Reference(account: account, number: number)
    }
    self.init(
      number: try row["number"], account: try row["account"],
      accountDisplayName: try row["account_display_name"], site: try named("site"),
      contact: ContactPerson(
        id: try row["contact"], displayName: try row["contact_display_name"],
        email: try row["contact_email"]),
      title: try row["title"], details: try row["details"], state: try row["state"],
      source: try row["source"], classification: try Classification(row),
      hardwareAsset: try row["hardware_asset"], softwareAsset: try row["software_asset"],
      assignee: try named("assignee"), due: try row["due"], created: try row["created"],
      updatedPublic: try row["updated_public"], updated: try row["updated"],
      firstResponse: try row["first_response"], resolved: try row["resolved"],
      closed: try row["closed"], follows: follows,
      publicNoteCount: try row["public_note_count"],
      internalNoteCount: try row["internal_note_count"], version: try row["version"],
      publicVersion: try row["public_version"])
  }
}

extension Ticket.Classification {
  fileprivate init(_ row: Row) throws {
    self.init(
      category: try row["category"], type: try row["type"], priority: try row["priority"],
      priorityRank: try row["priority_rank"], issueType: try row["issue_type"],
      subIssueType: try row["sub_issue_type"])
  }
}
