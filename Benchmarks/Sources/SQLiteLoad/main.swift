import Foundation
import Store
import StoreSQLite
import Synchronization
import Values

// Durable commits of one row each through SQLiteStore, by callers that each wait for their answer. Prints commits a second.
//
//   sqlite-load FILE CALLERS SECONDS

struct Wrong: Error {}

final class Tally: Sendable {
  let begun = Atomic(0)
  let done = Atomic(0)
}

func run(_ file: String, callers: Int, seconds: Double) async throws -> Double {
  let store = try SQLiteStore(path: file)
  let rows = Migration(
    part: "load", version: 1, name: "rows",
    sql: """
      CREATE TABLE rows (tenant TEXT NOT NULL, id BIGINT NOT NULL, body TEXT NOT NULL,
        PRIMARY KEY (tenant, id));
      """)
  try await Migrator(store).migrate([rows])
  let body = String(repeating: "x", count: 100)
  let tally = Tally()
  let start = ContinuousClock.now
  let end = start + .seconds(seconds)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<callers {
      group.addTask {
        while ContinuousClock.now < end {
          let id = Int64(tally.begun.wrappingAdd(1, ordering: .relaxed).newValue)
          try await store.write(as: TenantID("harbour")) { db in
            try db.run(
              "INSERT INTO rows (tenant, id, body) VALUES (\(db.tenant), \(id), \(body))")
          }
          tally.done.wrappingAdd(1, ordering: .relaxed)
        }
      }
    }
    try await group.waitForAll()
  }
  let rate =
    Double(tally.done.load(ordering: .relaxed)) / ((ContinuousClock.now - start) / .seconds(1))
  let counted: Int = try await store.read(as: TenantID("harbour")) { db in
    try db.first("SELECT COUNT(*) AS rows FROM rows", else: .notFound)["rows"]
  }
  guard counted == tally.done.load(ordering: .relaxed) else { throw Wrong() }
  await store.close()
  return rate
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count == 3, let callers = Int(arguments[1]), let seconds = Double(arguments[2])
else { throw Wrong() }
print(try await run(arguments[0], callers: callers, seconds: seconds))
