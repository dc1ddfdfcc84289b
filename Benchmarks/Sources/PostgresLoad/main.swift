import Foundation
import Store
import StorePostgres
import Synchronization
import Values

// The statements of CreateTicket, by themselves, through PostgresStore: callers that run the same transaction for a
// while. Prints transactions a second. Benchmarks/bench/postgres.py gives pgbench the same statements.
//
//   postgres-load migrate OWNER MIGRATIONS
//   postgres-load run APP CONNECTIONS CALLERS SECONDS TENANTS

struct Wrong: Error {}

final class Tally: Sendable {
  /// The last request that was made.
  let requests: Atomic<Int64>
  let done = Atomic(0)

  init(after base: Int64) { requests = Atomic(base) }
}

extension EventType {
  static let created = EventType(
    "ticket.created", permission: "TICKETS_READ", isForStaff: false)
}

func createTicket(_ db: Transaction, _ request: Int64) throws {
  let key = ReplayKey(
    principal: "users/loader", method: "/portico.ticketing.v1.Tickets/CreateTicket",
    requestID: "r\(request)")
  guard try db.replay(key, body: [1, 2, 3]) == nil else { throw Wrong() }
  _ = try db.first("SELECT * FROM ticket_settings WHERE tenant = \(db.tenant)")
  let number: Int64 = try db.first(
    """
    INSERT INTO ticket_numbers (tenant, last) VALUES (\(db.tenant), 1001)
    ON CONFLICT (tenant) DO UPDATE SET last = ticket_numbers.last + 1 RETURNING last
    """, else: .notFound)["last"]
  _ = try db.all(
    "SELECT * FROM catalog_entries WHERE tenant = \(db.tenant) ORDER BY kind, rank, id LIMIT 5000")
  try insert(number, db)
  let name = "accounts/quay/tickets/\(number)"
  try db.audit("ticket.created", on: name, by: Actor("users/loader"), after: ["state": "new"])
  try db.emit(.created, on: name, at: EventPlace(account: "quay", contact: "mara"))
  try db.send(
    key: "letter/\(number)", method: "/portico.messaging.v1.Mails/QueueMail",
    body: [UInt8](repeating: 7, count: 400))
  _ = try db.first("SELECT * FROM ticket_settings WHERE tenant = \(db.tenant)")
  _ = try db.all(
    "SELECT * FROM catalog_entries WHERE tenant = \(db.tenant) ORDER BY kind, rank, id LIMIT 5000")
  _ = try db.all(
    "SELECT * FROM attachments WHERE tenant = \(db.tenant) AND ticket = \(number) ORDER BY id")
  try db.remember(key, response: [UInt8](repeating: 8, count: 500))
}

func insert(_ number: Int64, _ db: Transaction) throws {
  let (none, text): (String?, String) = (nil, "The printer on the second floor is out of toner.")
  try db.run(
    """
    INSERT INTO tickets (tenant, number, account, account_display_name, site, site_display_name,
      contact, contact_display_name, contact_email, title, details, search_text, state, is_open,
      source, category, type, priority, priority_rank, issue_type, sub_issue_type, hardware_asset,
      software_asset, assignee, assignee_display_name, due, due_order, created, updated_public,
      updated, follows_account, follows_number, public_note_count, internal_note_count, version,
      public_version)
    VALUES (\(db.tenant), \(number), \("quay"), \("Quay Ltd"), \(none), \(""), \("mara"),
      \("Mara Quay"), \("mara@quay.example"), \("Printer"), \(text), \(text), \("new"), \(true),
      \("staff"), \(none), \(none), \(none), \(Int64(5)), \(none), \(none), \(none), \(none),
      \(none), \(""), \(Int64?.none), \(Int64.max), \(db.now), \(db.now), \(db.now), \(none),
      \(Int64?.none), \(Int64(0)), \(Int64(0)), \(Int64(1)), \(Int64(1)))
    """)
}

func run(_ arguments: [String]) async throws {
  guard arguments.count == 5, let connections = Int(arguments[1]), let callers = Int(arguments[2]),
    let seconds = Double(arguments[3]), let tenants = Int(arguments[4])
  else { throw Wrong() }
  var limits = PostgresStore.Limits()
  limits.connections = connections
  let store = try await PostgresStore.open(arguments[0], limits: limits)
  let base = Int64(Date().timeIntervalSince1970 * 1000) << 20
  let tally = Tally(after: base)
  let start = ContinuousClock.now
  let end = start + .seconds(seconds)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<callers {
      group.addTask {
        while ContinuousClock.now < end {
          let request = tally.requests.wrappingAdd(1, ordering: .relaxed).newValue
          let tenant = TenantID(String(Int.random(in: 1...tenants)))
          try await store.write(as: tenant) { try createTicket($0, request) }
          tally.done.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    try await group.waitForAll()
  }
  let took = ContinuousClock.now - start
  print(Double(tally.done.load(ordering: .relaxed)) / (took / .seconds(1)))
  await store.close()
}

let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "migrate" where arguments.count == 3:
  let owner = PostgresOwner(arguments[1])
  try await Migrator(owner).migrate(URL(fileURLWithPath: arguments[2]))
case "run": try await run(Array(arguments.dropFirst()))
default: throw Wrong()
}
