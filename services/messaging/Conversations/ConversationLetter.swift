/// The mail that tells a contact of a message: its beginning, and the way to the rest.
struct ConversationLetter: Sendable, Hashable {
  static let template = "messaging.message"

  var subject: String
  var text: String

  init(_ conversation: Conversation, _ message: Conversation.Message, page: String) {
    subject = "New message: \(conversation.subject)"
    text = """
      Hello \(conversation.contact.displayName),

      You have a new message from \(message.authorDisplayName):

      \(Conversation.snippet(of: message.body))

      Read it and answer here: \(page)
      """
  }
}
