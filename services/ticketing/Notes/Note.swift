import Foundation
import Values

/// A contribution to a ticket's thread.
struct Note: Sendable, Hashable {
  var id: String
  var kind: Kind
  var visibility: Visibility
  var body: String
  var author: String
  var authorDisplayName: String
  var created: Instant

  enum Kind: String, Sendable, Hashable {
    case customer, staff
    /// Something that happened: assigned, resolved, reopened.
    case event
  }

  enum Visibility: String, Sendable, Hashable { case `public`, `internal` }

  /// Customers write public notes only; staff who say nothing write internal ones (D-34).
  static func visibility(asked: Visibility?, by side: Ticket.Side) -> Visibility {
    side == .customer ? .public : asked ?? .internal
  }
}
