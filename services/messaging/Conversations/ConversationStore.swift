import Foundation
import Store
import Values

/// Conversations with one reader's marks on them. Lists: the latest message first, then id.
struct ConversationStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Whose marks, and which side's messages are new to them.
  struct Reader: Sendable, Hashable {
    var user: String
    var side: Conversation.Side
  }

  struct Marked: Sendable, Hashable {
    var conversation: Conversation
    var mark: Conversation.Mark
  }

  struct Filter: Sendable, Hashable {
    var account: String?
    /// Nil: both.
    var folder: Conversation.Folder?
    var starredOnly = false
  }

  func conversation(
    account: String, id: String, for reader: Reader, in scope: Scope
  ) throws -> Marked {
    let row = try db.first(
      """
      \(select(for: reader)) WHERE c.tenant = \(db.tenant) AND c.id = \(id)
        AND c.account = \(account) AND \(Self.reach(scope))
      """, else: .notFound)
    return try Marked(row)
  }

  /// The same, held until the transaction ends, so that messages are counted one after the other.
  func locked(account: String, id: String, for reader: Reader, in scope: Scope) throws -> Marked {
    try db.run(
      """
      UPDATE conversations SET snippet = snippet
      WHERE tenant = \(db.tenant) AND id = \(id) AND account = \(account)
      """, else: .notFound)
    return try conversation(account: account, id: id, for: reader, in: scope)
  }

  func conversations(
    _ filter: Filter, for reader: Reader, page: PageRequest, in scope: Scope
  ) throws -> Page<Marked> {
    var conditions: [SQL] = ["c.tenant = \(db.tenant)", Self.reach(scope)]
    if let account = filter.account { conditions.append("c.account = \(account)") }
    if let folder = filter.folder {
      conditions.append("COALESCE(k.folder, 'inbox') = \(folder)")
    }
    if filter.starredOnly { conditions.append("k.starred = \(true)") }
    conditions.append(try page.after("c.last_message", "c.id", order: .descending))
    let rows = try db.all(
      """
      \(select(for: reader)) WHERE \(.all(conditions))
      ORDER BY c.last_message DESC, c.id DESC \(page.limit)
      """)
    return try page.page(rows.map(Marked.init)) {
      [$0.conversation.lastMessage.sqlValue, $0.conversation.id.sqlValue]
    }
  }

  /// Unread messages in the reader's inbox.
  func unreadMessages(for reader: Reader, in scope: Scope) throws -> Int64 {
    let theirs: SQL = reader.side == .staff ? "c.contact_messages" : "c.staff_messages"
    let row = try db.first(
      """
      SELECT CAST(COALESCE(SUM(\(theirs) - COALESCE(k.seen, 0)), 0) AS BIGINT) AS unread
      FROM conversations c \(marks(of: reader))
      WHERE c.tenant = \(db.tenant) AND \(Self.reach(scope))
        AND \(theirs) > COALESCE(k.seen, 0) AND COALESCE(k.folder, 'inbox') = 'inbox'
      """, else: .corrupt("sum"))
    return try row["unread"]
  }

  func insert(_ conversation: Conversation, in scope: Scope) throws {
    let contact = conversation.contact
    guard scope.allows(account: contact.account, site: contact.site, contact: contact.id) else {
      throw StoreError.notFound
    }
    try db.run(
      """
      INSERT INTO conversations (tenant, id, account, account_display_name, contact,
        contact_display_name, site, subject, last_message, snippet, last_author_display_name,
        staff_messages, contact_messages, created)
      VALUES (\(db.tenant), \(conversation.id), \(contact.account), \(contact.accountDisplayName),
        \(contact.id), \(contact.displayName), \(contact.site), \(conversation.subject),
        \(conversation.lastMessage), \(conversation.snippet),
        \(conversation.lastAuthorDisplayName), \(conversation.staffMessages),
        \(conversation.contactMessages), \(conversation.created))
      """)
  }

  /// Writes a message that the conversation has taken up, and puts the conversation back into the inbox
  /// of everybody on the other side.
  func append(
    _ message: Conversation.Message, to conversation: Conversation, in scope: Scope
  ) throws {
    try db.run(
      """
      UPDATE conversations AS c SET last_message = \(conversation.lastMessage),
        snippet = \(conversation.snippet),
        last_author_display_name = \(conversation.lastAuthorDisplayName),
        staff_messages = \(conversation.staffMessages),
        contact_messages = \(conversation.contactMessages)
      WHERE c.tenant = \(db.tenant) AND c.id = \(conversation.id) AND \(Self.reach(scope))
      """, else: .notFound)
    try db.run(
      """
      INSERT INTO messages (tenant, conversation, position, body, author, author_display_name,
        from_staff, created)
      VALUES (\(db.tenant), \(conversation.id), \(message.position), \(message.body),
        \(message.author), \(message.authorDisplayName), \(message.side == .staff),
        \(message.created))
      """)
    try db.run(
      """
      UPDATE conversation_marks SET folder = 'inbox'
      WHERE tenant = \(db.tenant) AND conversation = \(conversation.id)
        AND is_staff = \(message.side == .contact)
      """)
  }

  /// Oldest first.
  func messages(
    of conversation: Conversation, page: PageRequest
  ) throws -> Page<Conversation.Message> {
    let rows = try db.all(
      """
      SELECT * FROM messages WHERE tenant = \(db.tenant) AND conversation = \(conversation.id)
        AND \(page.after("position", order: .ascending))
      ORDER BY position \(page.limit)
      """)
    return try page.page(rows.map(Conversation.Message.init)) { [$0.position.sqlValue] }
  }

  /// Of a conversation that was read in the caller's scope.
  func save(
    _ mark: Conversation.Mark, on conversation: Conversation, for reader: Reader
  ) throws {
    try db.run(
      """
      INSERT INTO conversation_marks (tenant, reader, conversation, is_staff, seen, starred, folder)
      VALUES (\(db.tenant), \(reader.user), \(conversation.id), \(reader.side == .staff),
        \(mark.seen), \(mark.starred), \(mark.folder))
      ON CONFLICT (tenant, reader, conversation) DO UPDATE SET is_staff = excluded.is_staff,
        seen = excluded.seen, starred = excluded.starred, folder = excluded.folder
      """)
  }
}

extension ConversationStore {
  private static func reach(_ scope: Scope) -> SQL {
    scope.predicate(account: "c.account", site: "c.site", contact: "c.contact")
  }

  private func marks(of reader: Reader) -> SQL {
    """
    LEFT JOIN conversation_marks k ON k.tenant = c.tenant AND k.reader = \(reader.user)
      AND k.conversation = c.id
    """
  }

  private func select(for reader: Reader) -> SQL {
    """
    SELECT c.*, COALESCE(k.seen, 0) AS seen, k.starred AS starred,
      COALESCE(k.folder, 'inbox') AS folder
    FROM conversations c \(marks(of: reader))
    """
  }
}

extension ConversationStore.Marked {
  fileprivate init(_ row: Row) throws {
    self.init(
      conversation: Conversation(
        id: try row["id"],
        contact: Conversation.Contact(
          account: try row["account"], accountDisplayName: try row["account_display_name"],
          id: try row["contact"], displayName: try row["contact_display_name"],
          site: try row["site"]),
        subject: try row["subject"], created: try row["created"],
        lastMessage: try row["last_message"], snippet: try row["snippet"],
        lastAuthorDisplayName: try row["last_author_display_name"],
        staffMessages: try row["staff_messages"], contactMessages: try row["contact_messages"]),
      mark: Conversation.Mark(
        seen: try row["seen"], starred: try row["starred"] as Bool? ?? false,
        folder: try row["folder"]))
  }
}

extension Conversation.Message {
  fileprivate init(_ row: Row) throws {
    self.init(
      position: try row["position"], body: try row["body"], author: try row["author"],
      authorDisplayName: try row["author_display_name"],
      side: try row["from_staff"] ? .staff : .contact, created: try row["created"])
  }
}
