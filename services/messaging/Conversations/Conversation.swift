import Foundation
import Values

/// An exchange between a contact and the provider's staff.
struct Conversation: Sendable, Hashable {
  var id: String
  var contact: Contact
  var subject: String
  var created: Instant
  var lastMessage: Instant
  var snippet = ""
  var lastAuthorDisplayName = ""
  var staffMessages: Int64 = 0
  var contactMessages: Int64 = 0

  /// The customer's side. The address is known only while a mail may have to be written.
  struct Contact: Sendable, Hashable {
    var account: String
    var accountDisplayName: String
    var id: String
    var displayName: String
    var email = ""
    var site: String?
  }

  struct Message: Sendable, Hashable {
    /// 1, 2, 3 … in the conversation.
    var position: Int64
    var body: String
    var author: String
    var authorDisplayName: String
    var side: Side
    var created: Instant
  }

  enum Side: Sendable, Hashable {
    case staff, contact

    var other: Side { self == .staff ? .contact : .staff }
  }

  enum Folder: String, Sendable, Hashable { case inbox, archived }

  /// One person's own view of it.
  struct Mark: Sendable, Hashable {
    /// How many messages of the other side the person has seen.
    var seen: Int64 = 0
    var starred = false
    var folder = Folder.inbox
  }

  static let maximumSnippet = 200

  var name: String { "accounts/\(contact.account)/conversations/\(id)" }
  var messageCount: Int64 { staffMessages + contactMessages }

  func messages(of side: Side) -> Int64 { side == .staff ? staffMessages : contactMessages }

  func unread(for side: Side, _ mark: Mark) -> Int64 {
    max(0, messages(of: side.other) - mark.seen)
  }

  /// Takes up a message: counts it for its side and shows its beginning in lists.
  mutating func add(
    _ body: String, by author: String, named displayName: String, on side: Side, at now: Instant
  ) -> Message {
    switch side {
    case .staff: staffMessages += 1
    case .contact: contactMessages += 1
    }
    // Two messages of one microsecond, or a clock set back, must not turn the order of the list.
    lastMessage = max(lastMessage, now)
    snippet = Self.snippet(of: body)
    lastAuthorDisplayName = displayName
    return Message(
      position: messageCount, body: body, author: author, authorDisplayName: displayName,
      side: side, created: now)
  }

  /// The beginning of a text in one line, with an ellipsis if there is more.
  static func snippet(of body: String) -> String {
    let line = body.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard line.unicodeScalars.count > maximumSnippet else { return line }
    var result = ""
    var room = maximumSnippet - 1
    for character in line {
      room -= character.unicodeScalars.count
      guard room >= 0 else { break }
      result.append(character)
    }
    return result + "…"
  }
}

extension Conversation.Mark {
  /// Seen up to the last message, or back to before the other side's last one.
  mutating func set(read: Bool, in conversation: Conversation, for side: Conversation.Side) {
    let theirs = conversation.messages(of: side.other)
    seen = read ? theirs : min(seen, max(0, theirs - 1))
  }
}
