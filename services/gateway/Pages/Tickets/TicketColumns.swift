import PorticoAPI
import WellKnown

/// The columns of ticket lists (S-113..S-120).
enum TicketColumns {
  static func all(
    _ view: TicketListView, _ context: PageContext
  ) -> [UI.Column<Ticketing.Ticket>] {
    let created = view.sort(by: "oldest", or: nil)
    let urgent = view.sort(by: nil, or: "priority")
    var columns: [UI.Column<Ticketing.Ticket>] = [
      .init("Title", .title) { ticket in
        """
        <a href="/\(ticket.name)">\(ticket.title)</a>\
        <div class="sub">\(UI.facts(subtitle(ticket, isStaff: view.isStaff)))</div>
        """
      },
      .init("Stage", .bare) {
        UI.ticketStage(UI.TicketStage($0.state), forStaff: view.isStaff)
      },
      .init(
        "Priority", .chip, sortURL: urgent.url, sorted: view.order == .priority ? .descending : nil
      ) { priority($0) },
      .init("Notes", .number) { "\($0.noteCount)" },
      .init("Assigned to") {
        UI.person($0.assigneeDisplayName.nonEmpty, nobody: "Not assigned yet")
      },
      .init(
        "Created", sortURL: created.url,
        sorted: view.order == .priority ? nil : created.sorted
      ) { context.time($0.createTime, style: .absolute) ?? UI.notSet },
    ]
    if view.isClosed {
      columns.append(.init("Time taken") { timeTaken($0) ?? UI.notSet })
    } else {
      columns.append(.init("Due") { context.time($0.dueTime, style: .absolute) ?? UI.notSet })
    }
    return columns
  }

  private static func subtitle(_ ticket: Ticketing.Ticket, isStaff: Bool) -> [HTML] {
    var parts: [HTML] = ["\(ticket.displayID)", source(ticket.source)]
    if isStaff { parts.append("\(ticket.accountDisplayName)") }
    parts.append("\(ticket.contactDisplayName)")
    if !ticket.siteDisplayName.isEmpty { parts.append("\(ticket.siteDisplayName)") }
    return parts
  }

  /// How it came (S-113, S-114).
  static func source(_ source: Ticketing.TicketSource) -> HTML {
    switch source {
    case .email: sentByEmail
    case .staff: enteredByStaff
    default: addedInThePortal
    }
  }

  private static let sentByEmail = UI.icon(.mail, label: "sent by e-mail")
  private static let enteredByStaff = UI.icon(.phone, label: "entered by staff")
  private static let addedInThePortal = UI.icon(.edit, label: "added in the portal")

  static func priority(_ ticket: Ticketing.Ticket) -> HTML {
    guard let priority = ticket.priority else { return UI.notSet }
    return UI.priority(priority.displayName, urgency: UI.Urgency(rank: priority.rank))
  }

  /// Wall clock from creation to resolution (S-118, D-36).
  static func timeTaken(_ ticket: Ticketing.Ticket) -> HTML? {
    ticket.timeToResolve.map { UI.duration(minutes: max(0, $0.seconds / 60)) }
  }
}

extension String {
  var nonEmpty: String? { isEmpty ? nil : self }
}
