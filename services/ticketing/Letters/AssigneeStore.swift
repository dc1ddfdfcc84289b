import Foundation
import Store
import Values

/// Addresses of staff as they were when a ticket was given to them, so that a customer's note can be
/// mailed without asking identity inside a transaction. Of the tenant, not of an account.
struct AssigneeStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  func remember(_ member: Directory.Member) throws {
    try db.run(
      """
      INSERT INTO assignees (tenant, id, email) VALUES (\(db.tenant), \(member.named.id),
        \(member.email))
      ON CONFLICT (tenant, id) DO UPDATE SET email = excluded.email
      """)
  }

  func email(of id: String) throws -> String? {
    try db.first("SELECT email FROM assignees WHERE tenant = \(db.tenant) AND id = \(id)").map {
      try $0["email"]
    }
  }
}
