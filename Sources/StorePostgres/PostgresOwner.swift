import CPostgres
import Foundation
import Store
import Values

import struct Store.Row
import struct Store.Statement

/// The owner's way into a database: migrations, rights, roles. A service does not serve through it.
public struct PostgresOwner: MigrationTarget {
  public var engine: Engine { .postgres }
  public let clock: any WallClock
  private let conninfo: String
  private let roles: PostgresRoles

  public init(
    _ conninfo: String, roles: PostgresRoles = PostgresRoles(),
    clock: any WallClock = SystemClock()
  ) {
    self.conninfo = conninfo
    self.roles = roles
    self.clock = clock
  }

  /// One process at a time, by an advisory lock that dies with the connection; the others wait up to a
  /// minute.
  public func migrate<T: Sendable>(
    _ body: @escaping @Sendable (any MigrationSession) throws(StoreError) -> T
  ) async throws -> T {
    try await onThread { connection in
      _ = try connection.perform(text: "SET lock_timeout = '60s'")
      _ = try connection.perform(text: "SELECT pg_advisory_lock(7067746963)")
      return try body(PostgresMigrationSession(connection, roles: roles))
    }
  }

  /// Creates the two roles where they are missing and joins them as `PostgresRoles` describes. Needs
  /// CREATEROLE. `password` is for `app`; nil leaves it as it is (peer or certificate sign-in).
  public func createRoles(password: String? = nil) async throws {
    try await onThread { connection in
      let (app, jobs) = (quoted(identifier: roles.app), quoted(identifier: roles.jobs))
      // What is as it should be is not written again: others may be at it, and the roles are the whole cluster's.
      let existing = try connection.perform(
        text: "SELECT rolname::text, rolinherit FROM pg_roles"
      ).rows(limit: nil).map(\.values)
      if !existing.contains(where: { $0.first == .text(roles.jobs) }) {
        _ = try connection.perform(text: "CREATE ROLE \(jobs) NOLOGIN")
      }
      if !existing.contains(where: { $0.first == .text(roles.app) }) {
        _ = try connection.perform(text: "CREATE ROLE \(app) LOGIN NOINHERIT")
      } else if existing.contains([.text(roles.app), .boolean(true)]) {
        _ = try connection.perform(text: "ALTER ROLE \(app) NOINHERIT")
      }
      if let password {
        _ = try connection.perform(
          text: "ALTER ROLE \(app) PASSWORD \(quoted(literal: password))")
      }
      let isMember: SQL = "SELECT pg_has_role(\(roles.app), \(roles.jobs), 'MEMBER') AS is_member"
      let row = try connection.perform(Command(isMember.statement(for: .postgres))).rows(limit: 1)
      if row.first?.values != [.boolean(true)] {
        _ = try connection.perform(text: "GRANT \(jobs) TO \(app)")
      }
    }
  }

  private func onThread<T: Sendable>(
    _ body: @escaping @Sendable (PostgresConnection) throws -> T
  ) async throws -> T {
    let conninfo = conninfo
    return try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        continuation.resume(
          with: Result {
            // A migration may take its time; a minute is the lock's, the rest the statements'.
            let connection = try PostgresConnection(
              try ConnectionAddress(conninfo), names: ConstraintNames(), patience: .seconds(3600))
            // What migrates keeps a lock for its session, which a pooler would give to others.
            guard !connection.isPooled else {
              throw StoreError.migration("the owner must reach PostgreSQL itself, not a pooler")
            }
            return try body(connection)
          })
      }
      thread.name = "postgres-owner"
      thread.start()
    }
  }
}

func quoted(identifier: String) -> String {
  "\"" + identifier.replacingOccurrences(of: "\"", with: "\"\"") + "\""
}

func quoted(literal: String) -> String {
  // E'' reads the same whatever standard_conforming_strings says.
  "E'"
    + literal.replacingOccurrences(of: "\\", with: "\\\\")
    .replacingOccurrences(of: "'", with: "\\'") + "'"
}

/// Migrations on the owner's connection.
final class PostgresMigrationSession: MigrationSession {
  private let connection: PostgresConnection
  private let roles: PostgresRoles

  init(_ connection: PostgresConnection, roles: PostgresRoles) {
    self.connection = connection
    self.roles = roles
  }

  func run(_ statement: Statement) throws(StoreError) -> Int {
    try connection.perform(Command(statement)).changedRows
  }

  func rows(_ statement: Statement, limit: Int?) throws(StoreError) -> [Row] {
    try connection.perform(Command(statement)).rows(limit: limit)
  }

  func script(_ text: String) throws(StoreError) { try connection.perform(script: text) }

  /// Inside, the owner sees all rows, so that a migration can change them: forced security is lifted
  /// and put back in the same transaction, with it the security and the rights of new tables.
  func atomically(_ body: () throws(StoreError) -> Void) throws(StoreError) {
    _ = try connection.perform(text: "BEGIN")
    do throws(StoreError) {
      let security = TableSecurity(connection, roles: roles)
      try security.lift()
      try body()
      try security.secure()
      let tag = try connection.perform(text: "COMMIT").tag
      guard tag == "COMMIT" else { throw .statement("the migration was rolled back") }
    } catch {
      _ = try connection.perform(text: "ROLLBACK")
      throw error
    }
  }
}
