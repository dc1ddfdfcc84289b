import Foundation
import Values

/// The mails about a ticket: plain words, never an internal note, always the way back to the page.
struct TicketLetter: Sendable, Hashable {
  var template: String
  var subject: String
  var text: String

  static func created(_ ticket: Ticket, page: String) -> TicketLetter {
    TicketLetter(
      template: "ticketing.created", subject: "[\(ticket.displayID)] New ticket: \(ticket.title)",
      text: """
        \(ticket.contact.displayName) of \(ticket.accountDisplayName) has raised a ticket.

        \(ticket.title)

        \(ticket.details)

        \(page)
        """)
  }

  /// To the contact person: who handles it and until when (S-124).
  static func assigned(_ ticket: Ticket, to assignee: String, page: String) -> TicketLetter {
    let deadline = ticket.due.map { " It is due by \(day($0))." } ?? ""
    return TicketLetter(
      template: "ticketing.assigned", subject: "[\(ticket.displayID)] \(ticket.title)",
      text: """
        Hello \(ticket.contact.displayName),

        \(assignee) is taking care of your ticket \(ticket.displayID), “\(ticket.title)”.\(deadline)

        \(page)
        """)
  }

  /// To the member of staff who was given the ticket.
  static func given(_ ticket: Ticket, page: String) -> TicketLetter {
    let deadline = ticket.due.map { " It is due by \(day($0))." } ?? ""
    return TicketLetter(
      template: "ticketing.given", subject: "[\(ticket.displayID)] Given to you: \(ticket.title)",
      text: """
        \(ticket.displayID) of \(ticket.accountDisplayName) is yours now.\(deadline)

        \(ticket.title)

        \(page)
        """)
  }

  static func noted(_ ticket: Ticket, _ note: Note, page: String) -> TicketLetter {
    TicketLetter(
      template: "ticketing.note", subject: "[\(ticket.displayID)] \(ticket.title)",
      text: """
        \(note.authorDisplayName) wrote:

        \(note.body)

        Answer here: \(page)
        """)
  }

  static func resolved(_ ticket: Ticket, by name: String, page: String) -> TicketLetter {
    TicketLetter(
      template: "ticketing.resolved", subject: "[\(ticket.displayID)] Resolved: \(ticket.title)",
      text: """
        \(name) marked \(ticket.displayID), “\(ticket.title)”, as resolved.

        If something is still wrong, open it again here: \(page)
        """)
  }

  /// `24 November 2026, 15:00 UTC`: a mail does not know its reader's zone.
  private static func day(_ instant: Instant) -> String {
    let date = CivilDate(instant, in: .gmt)
    let minutes = Int(instant.microseconds / 60_000_000 % 1440)
    let months = [
      "January", "February", "March", "April", "May", "June", "July", "August", "September",
      "October", "November", "December",
    ]
    func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    return "\(date.day) \(months[date.month - 1]) \(date.year), "
      + "\(padded(minutes / 60)):\(padded(minutes % 60)) UTC"
  }
}
