import Foundation
import Values

/// Time that staff spent on a ticket.
struct TimeEntry: Sendable, Hashable {
  var id: String
  var author: String
  var authorDisplayName: String
  var started: Instant
  /// Whole minutes, 1 to 1,440 (D-07).
  var minutes: Int64
  var note: String
  var billable: Bool
  /// Customers see it while the tenant shows time entries at all (S-071..S-073).
  var isPublic: Bool
  var created: Instant

  /// Which entries somebody may see.
  enum Visible: Sendable, Hashable { case all, publicOnly, none }

  static func visible(to side: Ticket.Side, settings: TicketSettings) -> Visible {
    switch side {
    case .staff: .all
    case .customer: settings.showTimeEntries ? .publicOnly : .none
    }
  }
}
