import PorticoAPI
import RPC
import WellKnown

/// `/messages`: inbox, starred and archived conversations (S-151..S-160).
enum MessageListPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/messages") { context in
      let folder = Folder(rawValue: context.query["folder"] ?? "") ?? .inbox
      let answer = try await ConversationsClient(context.caller).listConversations(
        .init(
          parent: context.listParent, pageSize: 25, pageToken: context.query["page_token"] ?? "",
          folder: folder == .archived ? .archived : .inbox, starredOnly: folder == .starred))
      return await shell(
        context, title: "Messages", active: "/messages", list(answer, folder, context))
    },
    PageRoute(.POST, "/messages", markSelected),
  ]

  enum Folder: String, CaseIterable {
    case inbox = ""
    case starred, archived

    var title: String {
      switch self {
      case .inbox: "Inbox"
      case .starred: "Starred"
      case .archived: "Archived"
      }
    }
    var path: LocalPath { self == .inbox ? "/messages" : "/messages?folder=\(rawValue)" }
  }

  static func list(
    _ answer: Messaging.ListConversationsResponse, _ folder: Folder, _ context: PageContext
  ) -> HTML {
    let tabs = UI.tabs(
      Folder.allCases.map { each in
        .init(
          title: each.title, url: SafeURL(checked: each.path.rawValue), isCurrent: each == folder)
      }, label: "Folders")
    let actions =
      context.may(.messagesWrite)
      ? [UI.linkButton("Compose", to: "/messages/new", style: .primary, icon: .edit)] : []
    let rows = answer.conversations
    return """
      \(UI.pageHead("Messages", actions: actions))\(tabs)
      \(UI.live("list", on: ["message.", "conversation."], saying: "The list has changed.", """
      \(when: rows.isEmpty, empty(folder))
      \(when: !rows.isEmpty, UI.table(
        rows, caption: folder.title, columns: columns(context),
        selection: selection(folder, context), isMuted: { $0.unreadCount == 0 && folder == .archived }))
      """))
      \(UI.pages(context, count: rows.count, things: "conversations", next: answer.nextPageToken))
      """
  }

  private static func empty(_ folder: Folder) -> HTML {
    switch folder {
    case .inbox:
      UI.emptyState("No messages", text: "What we write to each other appears here.", icon: .inbox)
    case .starred:
      UI.emptyState("Nothing starred", text: "Star a conversation to find it here.", icon: .star)
    case .archived:
      UI.emptyState(
        "Nothing archived", text: "Conversations that you put away appear here.", icon: .archive)
    }
  }

  private static func columns(_ context: PageContext) -> [UI.Column<Messaging.Conversation>] {
    let isStaff = context.principal?.isStaff ?? false
    return [
      .init("Subject", .title) { row in
        let people: [HTML] =
          isStaff
          ? ["\(row.contactDisplayName)", "\(row.accountDisplayName)"]
          : ["\(row.lastAuthorDisplayName)"]
        let subject: HTML =
          row.unreadCount > 0 ? "<strong>\(row.subject)</strong>" : HTML(text: row.subject)
        return """
          <a href="/\(row.name)">\(subject)</a>\
          <div class="sub">\(UI.facts(people + ["\(row.snippet)"]))</div>
          """
      },
      .init("Unread", .bare) { row in
        """
        \(when: row.unreadCount > 0, UI.badge("\(row.unreadCount) unread", tone: .accent))\
        \(when: row.starred, UI.icon(.star, label: "starred"))
        """
      },
      .init("Messages", .number) { "\($0.messageCount)" },
      .init("Last message") { context.time($0.lastMessageTime) ?? UI.notSet },
    ]
  }

  private static func selection(
    _ folder: Folder, _ context: PageContext
  ) -> UI.Selection<Messaging.Conversation> {
    let move: HTML =
      folder == .archived
      ? UI.button(
        "Move to inbox", style: .secondary, name: "do", value: "inbox", isSmall: true)
      : UI.button("Archive", style: .secondary, name: "do", value: "archive", isSmall: true)
    return .init(
      field: "conversation", action: SafeURL(checked: folder.path.rawValue),
      csrf: context.csrfToken, value: \.name, label: { "Select \($0.subject)" },
      buttons: [
        move,
        UI.button("Mark as read", style: .secondary, name: "do", value: "read", isSmall: true),
        UI.button("Star", style: .secondary, name: "do", value: "star", isSmall: true),
      ])
  }

  @Sendable private static func markSelected(_ context: PageContext) async throws -> Response {
    let folder = Folder(rawValue: context.query["folder"] ?? "") ?? .inbox
    let chosen = context.form.all("conversation").prefix(100)
    guard !chosen.isEmpty else {
      return .redirect(to: folder.path, flash: .notice("Choose at least one conversation."))
    }
    for name in chosen {
      let mark = try Mark(context.form["do"])
      _ = try await ConversationsClient(context.caller).markConversation(mark.request(name))
    }
    let count = UI.counted(chosen.count, "conversation")
    return .redirect(to: folder.path, flash: .success("\(count) changed."))
  }

  /// What the buttons of list and conversation do.
  enum Mark: String {
    case read, unread, star, unstar, archive, inbox

    init(_ text: String) throws {
      guard let mark = Mark(rawValue: text) else {
        throw Problem(.badRequest, .invalidArgument, "there is no such action")
      }
      self = mark
    }

    func request(_ name: String) -> Messaging.MarkConversationRequest {
      var request = Messaging.MarkConversationRequest(name: name)
      switch self {
      case .read: request.read = true
      case .unread: request.read = false
      case .star: request.starred = true
      case .unstar: request.starred = false
      case .archive: request.folder = .archived
      case .inbox: request.folder = .inbox
      }
      return request
    }
  }
}
