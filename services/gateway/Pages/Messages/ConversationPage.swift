import NIOHTTP1
import PorticoAPI
import RPC
import WellKnown

/// `/accounts/{account}/conversations/{conversation}`: the thread, the answer, one's own marks. The page is only looked at
/// by GET, which never writes (X-07): a script says that it was read, or the button does.
enum ConversationPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/{name=accounts/*/conversations/*}") { context in try await page(context) },
    PageRoute(.POST, "/{name=accounts/*/conversations/*}/messages", answer),
    PageRoute(.POST, "/{name=accounts/*/conversations/*}:mark") { context in
      let name = context.path["name"]
      let mark = try MessageListPage.Mark(context.form["do"])
      _ = try await ConversationsClient(context.caller).markConversation(mark.request(name))
      // The script stays on the page and shows nothing of it.
      if context.form.isOn("quiet") { return Response(.noContent) }
      let leaves = mark == .archive || mark == .unread
      return .redirect(to: leaves ? "/messages" : "/\(name)", flash: .success(done(mark)))
    },
  ]

  private static func done(_ mark: MessageListPage.Mark) -> String {
    switch mark {
    case .read: "Marked as read."
    case .unread: "Marked as unread."
    case .star: "Starred."
    case .unstar: "Not starred any more."
    case .archive: "Archived."
    case .inbox: "Moved to the inbox."
    }
  }

  private static func page(
    _ context: PageContext, errors: UI.FormErrors = .init()
  ) async throws -> Response {
    let name = context.path["name"]
    async let conversation = ConversationsClient(context.caller).getConversation(.init(name: name))
    async let messages = messages(name, context)
    let (shown, thread) = (try await conversation, try await messages)
    return await shell(
      context, title: shown.subject, active: "/messages",
      status: errors.isEmpty ? .ok : .unprocessableEntity,
      html(shown, thread, context, errors: errors))
  }

  private static func messages(
    _ name: String, _ context: PageContext
  ) async throws -> [Messaging.Message] {
    var messages: [Messaging.Message] = []
    var token = ""
    repeat {
      let answer = try await ConversationsClient(context.caller).listMessages(
        .init(parent: name, pageSize: 100, pageToken: token))
      messages += answer.messages
      token = answer.nextPageToken
    } while !token.isEmpty && messages.count < 1000
    return messages
  }

  static func html(
    _ conversation: Messaging.Conversation, _ messages: [Messaging.Message],
    _ context: PageContext, errors: UI.FormErrors = .init()
  ) -> HTML {
    let thread = messages.map { message in
      UI.ThreadItem.message(
        message.fromStaff ? .staff : .customer, author: message.authorDisplayName, photo: nil,
        time: context.time(message.createTime) ?? .empty, body: UI.prose(message.body),
        attachments: [], id: "message-\(message.name.split(separator: "/").last ?? "")")
    }
    let meta = UI.facts([
      "\(conversation.contactDisplayName)", "\(conversation.accountDisplayName)",
      "\(conversation.messageCount) messages",
    ])
    return """
      \(UI.pageHead(conversation.subject, crumbs: [("Messages", "/messages")], meta: meta, actions: [marks(conversation, context)]))
      \(when: conversation.unreadCount > 0, markRead(conversation, context))\
      \(UI.live("thread", on: [conversation.name], UI.thread(thread)))
      \(when: context.may(.messagesWrite), answerForm(conversation, context, errors))
      """
  }

  private static func markRead(
    _ conversation: Messaging.Conversation, _ context: PageContext
  ) -> HTML {
    """
    <div class="mark-read" data-mark-read>\
    \(UI.form(action: "/\(conversation.name):mark", csrf: context.csrfToken, body: """
      \(UI.hidden("do", "read"))\(UI.badge("\(conversation.unreadCount) unread", tone: .accent)) \
      \(UI.button("Mark as read", style: .ghost, isSmall: true))
      """))</div>
    """
  }

  private static func marks(
    _ conversation: Messaging.Conversation, _ context: PageContext
  ) -> HTML {
    let isArchived = conversation.folder == .archived
    return UI.form(
      action: "/\(conversation.name):mark", csrf: context.csrfToken,
      body: UI.actions([
        UI.iconButton(
          conversation.starred ? "Remove the star" : "Star", icon: .star, name: "do",
          value: conversation.starred ? "unstar" : "star", isPressed: conversation.starred),
        UI.button(
          isArchived ? "Move to inbox" : "Archive", style: .secondary, icon: .archive, name: "do",
          value: isArchived ? "inbox" : "archive"),
        UI.button("Mark as unread", style: .ghost, name: "do", value: "unread"),
      ]))
  }

  private static func answerForm(
    _ conversation: Messaging.Conversation, _ context: PageContext, _ errors: UI.FormErrors
  ) -> HTML {
    let field = UI.Field("body", "Your message", error: errors["body"])
    return UI.form(
      action: "/\(conversation.name)/messages", csrf: context.csrfToken, draft: conversation.name,
      style: "composer",
      body: """
        \(context.requestIDField)\(UI.errorSummary(errors, fields: [field]))\
        \(UI.textArea(field, value: context.form["body"], rows: 4, limit: 20_000))\
        <div class="composer-foot">\(UI.button("Send", icon: .paperPlane))</div>
        """)
  }

  @Sendable private static func answer(_ context: PageContext) async throws -> Response {
    let name = context.path["name"]
    do {
      _ = try await ConversationsClient(context.caller).createMessage(
        .init(
          parent: name,
          message: .init(body: context.form["body"].replacing("\r\n", with: "\n")),
          requestID: context.form["request_id"]))
      return .redirect(to: "/\(name)", flash: .success("Sent."))
    } catch {
      guard let errors = UI.FormErrors(error, renaming: ["message.body": "body"]) else {
        throw error
      }
      return try await page(context, errors: errors)
    }
  }
}
