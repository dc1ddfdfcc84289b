import Foundation
import Values

/// Something that a customer wants done, and the rules of its life (D-30..D-36).
struct Ticket: Sendable, Hashable {
  var number: Int64
  var account: String
  var accountDisplayName: String
  var site: Named?
  var contact: ContactPerson
  var title: String
  var details: String
  var state: State
  var source: Source
  var classification: Classification
  var hardwareAsset: String?
  var softwareAsset: String?
  var assignee: Named?
  var due: Instant?
  var created: Instant
  /// Last change that a customer may know of.
  var updatedPublic: Instant
  var updated: Instant
  var firstResponse: Instant?
  var resolved: Instant?
  var closed: Instant?
  /// The closed ticket that this one takes up again.
  var follows: Reference?
  var publicNoteCount: Int64
  var internalNoteCount: Int64
  var version: Int64
  /// Moves with changes that a customer may know of: a customer's etag must not tell of the others.
  var publicVersion: Int64

  /// An id with the name it had when it was chosen.
  struct Named: Sendable, Hashable {
    var id: String
    var displayName: String
  }

  struct ContactPerson: Sendable, Hashable {
    var id: String
    var displayName: String
    var email: String
  }

  struct Reference: Sendable, Hashable {
    var account: String
    var number: Int64
  }

  /// Ids of catalogue entries.
  struct Classification: Sendable, Hashable {
    var category: String?
    var type: String?
    var priority: String?
    /// Rank of the priority, for ordering; the highest number when there is none.
    var priorityRank: Int64 = .max
    var issueType: String?
    var subIssueType: String?
  }

  enum State: String, Sendable, Hashable, CaseIterable {
    case new, open
    case pendingCustomer = "pending_customer"
    case pendingVendor = "pending_vendor"
    case scheduled, resolved, closed

    /// Resolved counts as closed where customers look (S-112).
    var isOpen: Bool { self != .resolved && self != .closed }
  }

  enum Source: String, Sendable, Hashable { case portal, email, staff }

  /// What can be done with a ticket.
  enum Action: Sendable, Hashable, CaseIterable {
    case addNote, resolve, reopen, close, assign, hold, addInternalNote, logTime, classify
  }

  /// Who wants to do it.
  enum Side: Sendable, Hashable { case customer, staff }
}

enum TicketError: Error, Hashable {
  case alreadyResolved
  case alreadyClosed
  case notResolved
  case reopenWindowPassed
  case notAHoldState
  case alreadyInState
}

extension Ticket {
  var displayID: String { "TKT-\(number)" }
  var name: String { "accounts/\(account)/tickets/\(number)" }

  /// Wall clock from creation to resolution (D-36).
  var timeToResolve: Duration? { resolved.map { $0 - created } }

  /// What the rules of the life cycle allow now; rights are the gate's business.
  func allowedActions(for side: Side, reopenDays: Int, at now: Instant) -> [Action] {
    Action.allCases.filter { action in
      switch action {
      case .addNote: true
      case .resolve: state.isOpen
      case .reopen: canReopen(side, reopenDays: reopenDays, at: now)
      case .close: side == .staff && state == .resolved
      case .assign, .hold: side == .staff && state.isOpen
      case .addInternalNote, .logTime, .classify: side == .staff
      }
    }
  }

  mutating func assign(to assignee: Named?, due: Instant?, at now: Instant) throws(TicketError) {
    guard state.isOpen else { throw state == .closed ? .alreadyClosed : .alreadyResolved }
    self.assignee = assignee
    self.due = due
    if assignee != nil, state == .new { state = .open }
    touch(now)
  }

  mutating func resolve(at now: Instant) throws(TicketError) {
    guard state != .closed else { throw .alreadyClosed }
    guard state != .resolved else { throw .alreadyResolved }
    state = .resolved
    resolved = now
    touch(now)
  }

  /// Customers may reopen for some days after resolution; staff until it is closed.
  mutating func reopen(by side: Side, reopenDays: Int, at now: Instant) throws(TicketError) {
    guard state != .closed else { throw .alreadyClosed }
    guard state == .resolved else { throw .notResolved }
    guard canReopen(side, reopenDays: reopenDays, at: now) else { throw .reopenWindowPassed }
    state = .open
    resolved = nil
    touch(now)
  }

  mutating func close(at now: Instant) throws(TicketError) {
    guard state != .closed else { throw .alreadyClosed }
    guard state == .resolved else { throw .notResolved }
    state = .closed
    closed = now
    touch(now)
  }

  /// Puts the ticket aside, or with OPEN takes it up again.
  mutating func hold(_ wanted: State, at now: Instant) throws(TicketError) {
    guard [.open, .pendingCustomer, .pendingVendor, .scheduled].contains(wanted) else {
      throw .notAHoldState
    }
    guard state.isOpen else { throw state == .closed ? .alreadyClosed : .alreadyResolved }
    guard state != wanted else { throw .alreadyInState }
    state = wanted
    touch(now)
  }

  /// What a note does to the ticket: a customer's answer ends waiting for the customer and takes a
  /// resolved ticket up again (D-31); the first public words of staff are the first response (D-32).
  mutating func noted(
    by side: Side, isPublic: Bool, reopenDays: Int, at now: Instant
  ) throws(TicketError) {
    switch (side, isPublic) {
    case (.customer, _):
      if state == .pendingCustomer { state = .open }
      if state == .resolved { try reopen(by: .customer, reopenDays: reopenDays, at: now) }
      publicNoteCount += 1
      touch(now)
    case (.staff, true):
      if state == .new { state = .open }
      firstResponse = firstResponse ?? now
      publicNoteCount += 1
      touch(now)
    case (.staff, false):
      internalNoteCount += 1
      updated = now
    }
  }

  /// Whether a customer's note belongs into a new ticket that follows this one: it is closed, or
  /// resolved so long ago that it cannot be reopened.
  func needsFollowUp(reopenDays: Int, at now: Instant) -> Bool {
    state == .closed || isBeyondReopening(reopenDays: reopenDays, at: now)
  }

  /// The ticket that takes this one up again (D-30): about the same, new in everything else.
  func followUp(number: Int64, contact: ContactPerson?, at now: Instant) -> Ticket {
    var ticket = self
    ticket.number = number
    ticket.contact = contact ?? self.contact
    ticket.details =
      "This follows \(displayID), which is \(state == .closed ? "closed" : "resolved")."
    ticket.state = .new
    ticket.source = .portal
    (ticket.assignee, ticket.due) = (nil, nil)
    (ticket.created, ticket.updated, ticket.updatedPublic) = (now, now, now)
    (ticket.firstResponse, ticket.resolved, ticket.closed) = (nil, nil, nil)
    ticket.follows = Reference(account: account, number: self.number)
    (ticket.publicNoteCount, ticket.internalNoteCount) = (0, 0)
    (ticket.version, ticket.publicVersion) = (1, 1)
    return ticket
  }

  /// Resolved so long ago that its customer cannot reopen it: it is closed by itself.
  func isBeyondReopening(reopenDays: Int, at now: Instant) -> Bool {
    state == .resolved && !canReopen(.customer, reopenDays: reopenDays, at: now)
  }

  private func canReopen(_ side: Side, reopenDays: Int, at now: Instant) -> Bool {
    guard state == .resolved, let resolved else { return false }
    return side == .staff || now <= resolved + .days(reopenDays)
  }

  /// A change that both sides see.
  mutating func touch(_ now: Instant) {
    updated = now
    updatedPublic = now
    publicVersion += 1
  }
}
