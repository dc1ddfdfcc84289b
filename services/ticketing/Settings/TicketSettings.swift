import Foundation
import Values

/// A provider's choices about tickets.
struct TicketSettings: Sendable, Hashable {
  var submissionAllowed = true
  var showTimeEntries = false
  var submissionNotificationEmails: [String] = []
  var addTicketText = ""
  var addTicketTextActive = false
  /// Who gets portal tickets; nil puts them into Unassigned (S-067).
  var defaultAssignee: String?
  /// Days after resolution in which a customer can reopen.
  var reopenDays = 7
  /// 0 until a tenant has made a choice of its own.
  var version: Int64 = 0
}
