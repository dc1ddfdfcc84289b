import Handling
import PorticoAPI
import RPC
import Store

/// What changes here, and who may be told of it.
extension EventType {
  static let ticketCreated = EventType("ticket.created", for: .ticketsRead)
  static let ticketClassified = EventType("ticket.classified", for: .ticketsRead)
  static let ticketAssigned = EventType("ticket.assigned", for: .ticketsRead)
  static let ticketHeld = EventType("ticket.held", for: .ticketsRead)
  static let ticketResolved = EventType("ticket.resolved", for: .ticketsRead)
  static let ticketReopened = EventType("ticket.reopened", for: .ticketsRead)
  static let ticketClosed = EventType("ticket.closed", for: .ticketsRead)
  static let noteCreated = EventType("ticket.note.created", for: .ticketsRead)
  static let internalNoteCreated = EventType(
    "ticket.internal_note.created", forStaffWith: .ticketsRead)
  static let timeLogged = EventType("ticket.time_logged", forStaffWith: .ticketsRead)
  static let assetCreated = EventType("asset.created", for: .assetsRead)
  static let catalogEntryCreated = EventType("catalog_entry.created", for: .ticketsRead)
  static let catalogEntryUpdated = EventType("catalog_entry.updated", for: .ticketsRead)
  static let ticketSettingsUpdated = EventType("ticket_settings.updated", for: .ticketsRead)
}

extension TicketingService {
  public static let eventTypes: [EventType] = [
    .ticketCreated, .ticketClassified, .ticketAssigned, .ticketHeld, .ticketResolved,
    .ticketReopened, .ticketClosed, .noteCreated, .internalNoteCreated, .timeLogged, .assetCreated,
    .catalogEntryCreated, .catalogEntryUpdated, .ticketSettingsUpdated,
  ]
}

extension Ticket {
  /// Where its events belong.
  var place: EventPlace { EventPlace(account: account, site: site?.id, contact: contact.id) }
}
