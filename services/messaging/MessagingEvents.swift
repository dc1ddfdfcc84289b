import Handling
import PorticoAPI
import RPC
import Store

/// What changes here, and who may be told of it.
extension EventType {
  static let conversationCreated = EventType("conversation.created", for: .messagesRead)
  static let messageCreated = EventType("message.created", for: .messagesRead)
  /// One's own marks: read, starred, archived. Only that person hears of it.
  static let conversationMarked = EventType("conversation.marked", for: .messagesRead)
  static let mailQueued = EventType("mail.queued", forStaffWith: .mailRead)
  static let mailRetried = EventType("mail.retried", forStaffWith: .mailRead)
  static let mailSent = EventType("mail.sent", forStaffWith: .mailRead)
  static let mailFailed = EventType("mail.failed", forStaffWith: .mailRead)
  static let mailKept = EventType("mail.kept", forStaffWith: .mailRead)

  /// A mail has come into a state.
  static func mail(_ state: OutgoingMail.State) -> EventType {
    switch state {
    case .queued: .mailQueued
    case .sent: .mailSent
    case .failed: .mailFailed
    case .kept: .mailKept
    }
  }
}

extension MessagingService {
  public static let eventTypes: [EventType] = [
    .conversationCreated, .messageCreated, .conversationMarked, .mailQueued, .mailRetried,
    .mailSent, .mailFailed, .mailKept,
  ]
}

extension Conversation {
  /// Where its events belong.
  var place: EventPlace {
    EventPlace(account: contact.account, site: contact.site, contact: contact.id)
  }
}
