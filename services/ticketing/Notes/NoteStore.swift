import Foundation
import Store
import Values

/// The notes of tickets, oldest first. A ticket must have been read in the caller's scope before: the
/// thread is reached through it, and `showing` narrows it to what the caller may see.
struct NoteStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func notes(
    of ticket: Ticket, showing visible: [Note.Visibility], page: PageRequest
  ) throws -> Page<Note> {
    let rows = try db.all(
      """
      SELECT * FROM notes WHERE tenant = \(db.tenant) AND ticket = \(ticket.number)
        AND visibility IN \(visible) AND \(page.after("created", "id", order: .ascending))
      ORDER BY created, id \(page.limit)
      """)
    return try page.page(rows.map(Note.init)) { [$0.created.sqlValue, $0.id.sqlValue] }
  }

  func insert(_ note: Note, for ticket: Ticket) throws {
    try db.run(
      """
      INSERT INTO notes (tenant, ticket, id, kind, visibility, body, author, author_display_name,
        created)
      VALUES (\(db.tenant), \(ticket.number), \(note.id), \(note.kind), \(note.visibility),
        \(note.body), \(note.author), \(note.authorDisplayName), \(note.created))
      """)
  }
}

extension Note {
  fileprivate init(_ row: Row) throws {
    self.init(
      id: try row["id"], kind: try row["kind"], visibility: try row["visibility"],
      body: try row["body"], author: try row["author"],
      authorDisplayName: try row["author_display_name"], created: try row["created"])
  }
}
