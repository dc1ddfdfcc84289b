/// Where a rule is broken on purpose. A line here needs a reason that convinces a reviewer; a line that no
/// longer matches anything fails the tests, so that the list only shrinks.
struct Exception: Sendable {
  let rule: CodeRule
  /// The file, from the project's root.
  let path: String
  /// A part of the line that may stand.
  let text: String
  let reason: String

  static let all: [Exception] = [
    Exception(
      rule: .trap, path: "Sources/Crypto/SHA256.swift", text: "out of memory",
      reason: "OpenSSL allocates a context; Swift's own allocations trap as well"),
    Exception(
      rule: .trap, path: "Sources/Crypto/SHA256.swift", text: "this OpenSSL has no SHA-256",
      reason: "a broken installation, on no one's input; without hashes nothing may go on"),
    Exception(
      rule: .trap, path: "Sources/Blobs/DirectoryBlobStore.swift",
      text: "16 bytes are 22 characters of base64url", reason: "arithmetic on our own random bytes"),
    Exception(
      rule: .trap, path: "Sources/Handling/ResourceName.swift",
      text: "is not followed by an id in the pattern",
      reason: "an index out of range of a pattern that the program itself wrote"),
    Exception(
      rule: .trap, path: "Sources/Bootstrap/ServiceProcess.swift", text: "exit(status)",
      reason: "a process that cannot start ends with a status that its supervisor reads"),
  ]
}

enum Tables {
  /// Tables without a tenant of their own, by name, and why.
  static let withoutTenant: [String: String] = [
    "portico_migrations": "which migrations this database has had; holds nothing of a tenant",
    "tickets_search":
      "an index of SQLite's without content; the ticket that it names is read with its tenant",
    "portico_leases": "which process does a job that walks every tenant",
    "portico_processes": "what each process tells of itself; holds nothing of a tenant",
  ]
}

enum SQLHomes {
  /// Where SQL text may stand beside `*Store.swift` of the services, as prefixes of paths.
  static let folders = ["Sources/Store/", "Sources/StoreSQLite/", "Sources/StorePostgres/"]
}
