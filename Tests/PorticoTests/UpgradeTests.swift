import Bootstrap
import Foundation
import Logging
import Store
import TestSupport
import Testing
import Values

@testable import portico

/// V-22: what the last three versions left goes forward, however often the process is killed on its way.
@Suite("Upgrades from the last three versions", .timeLimit(.minutes(10)))
struct UpgradeTests {
  /// All steps of all versions, in a long run that is no small share of one.
  static let isLong: Bool = {
    let environment = ProcessInfo.processInfo.environment
    return environment["FAULT_LONG"] == "1" && Double(environment["FAULT_SCALE"] ?? "1") ?? 1 >= 0.5
  }()
  private static let silent = Logger(label: "upgrade") { _ in SwiftLogNoOpLogHandler() }

  @Test(
    "V-22 rows of each of the last three versions are there after the upgrade",
    arguments: ServiceSchema.all, TestStore.engines)
  func forward(_ schema: ServiceSchema, engine: Engine) async throws {
    try await RunningProgram.withFolder { folder in
      for age in OldDatabase.ages {
        let old = OldDatabase(schema: schema, age: age)
        let place =
          engine == .sqlite
          ? StoreLocation.sqlite(path: folder.appending(path: "\(age).db").path)
          : try await TestStore.location(.postgres)
        let content = try await old.make(at: place)
        let applied = try await place.migrate(
          schema.migrations, clock: SystemClock(), logger: Self.silent)
        #expect(!applied.isEmpty)
        try await old.check(place, holds: content)
      }
    }
  }

  @Test(
    "V-22 killed at each sync on SQLite, the next start goes on from there",
    arguments: ServiceSchema.all, ["after", "before"])
  func killedOnSQLite(_ schema: ServiceSchema, side: String) async throws {
    guard side == "after" || schema.name == "ticketing" || Self.isLong else { return }
    try await RunningProgram.withFolder { folder in
      let library = try Self.failsync(in: folder)
      for age in Self.isLong ? OldDatabase.ages : [3] {
        let old = OldDatabase(schema: schema, age: age)
        let first = folder.appending(path: "old-\(age).db")
        let content = try await old.make(at: .sqlite(path: first.path))
        var kills = 0
        while true {
          let file = folder.appending(path: "\(age)-\(kills).db")
          try FileManager.default.copyItem(at: first, to: file)
          let status = try await Self.migrate(
            schema, "sqlite:\(file.path)", in: folder,
            [
              "LD_PRELOAD": library, "FAILSYNC_AT": "\(kills + 1)", "FAILSYNC_KILLS": side,
              "FAILSYNC_NAMES": "-wal:.db:-journal:/", "FAILSYNC_LOG": "\(folder.path)/failed",
            ])
          if status == 0 { break }
          #expect(status == -SIGKILL)
          kills += 1
          #expect(try await Self.migrate(schema, "sqlite:\(file.path)", in: folder) == 0)
          try await old.check(.sqlite(path: file.path), holds: content)
        }
        // A sync for each step that was missing, at least.
        let all = try Migration.load(from: schema.migrations, for: .sqlite).count + 3
        #expect(kills >= all - (try old.migrations(.sqlite).count))
      }
    }
  }

  @Test(
    "V-22 killed between two statements on PostgreSQL, the next start goes on from there",
    arguments: ServiceSchema.all)
  func killedOnPostgres(_ schema: ServiceSchema) async throws {
    try await UpgradeServer.during { server in
      for age in Self.isLong ? OldDatabase.ages : [3] {
        let old = OldDatabase(schema: schema, age: age)
        try await server.make("old\(age)")
        let content = try await old.make(at: server.place("old\(age)"))
        try await server.addStops(to: "old\(age)")
        // Once without a stop, to count.
        try await server.copy("old\(age)", to: "whole\(age)", stopAt: 0)
        #expect(
          try await Self.migrate(schema, server.owner("whole\(age)"), in: server.folder) == 0)
        try await old.check(server.place("whole\(age)"), holds: content)
        let statements = try await server.statements(in: "whole\(age)")
        #expect(statements > 0)
        for stop in Self.stops(statements, schema) {
          let name = "stop\(age)x\(stop)"
          try await server.copy("old\(age)", to: name, stopAt: stop)
          try await server.killed(in: name) {
            try await Self.migrate(schema, server.owner(name), in: server.folder, killing: $0)
          }
          #expect(try await Self.migrate(schema, server.owner(name), in: server.folder) == 0)
          try await old.check(server.place(name), holds: content)
          try await server.drop(name)
        }
      }
    }
  }

  /// All of them in a long run; else some, with the first and the last among them.
  private static func stops(_ count: Int, _ schema: ServiceSchema) -> [Int] {
    let most = isLong ? count : min(count, schema.name == "ticketing" ? 6 : 3)
    guard most > 1 else { return [1] }
    return (0..<most).map { 1 + $0 * (count - 1) / (most - 1) }
  }

  /// Runs `portico migrate` and says how it ended.
  ///
  /// - Parameter wait: returns when the process is to be killed.
  private static func migrate(
    _ schema: ServiceSchema, _ address: String, in folder: URL,
    _ environment: [String: String] = [:], killing wait: (() async throws -> Void)? = nil
  ) async throws -> Int32 {
    var status: Int32 = 0
    try await RunningProgram.during(
      "portico", ["migrate", "--database", address, schema.name], in: folder,
      environment: environment
    ) { program in
      if let wait {
        try await wait()
        program.send(SIGKILL)
      }
      status = await program.status()
      if status > 0 { Issue.record("portico migrate: \(try program.log)") }
    }
    return status
  }

  /// The library that kills a process at a sync, compiled.
  private static func failsync(in folder: URL) throws -> String {
    let source = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../FaultTests/native/failsync.c")
    let library = folder.appending(path: "failsync.so").path
    try GuardedProcess.run(
      ["/usr/bin/gcc", "-O1", "-shared", "-fPIC", "-o", library, source.path, "-ldl"],
      asServer: false)
    return library
  }
}

/// A PostgreSQL whose databases stop a migration after one of its statements.
private struct UpgradeServer {
  let cluster: PostgresCluster
  let folder: URL

  static func during(_ body: (UpgradeServer) async throws -> Void) async throws {
    let cluster = try await PostgresCluster(settings: ["fsync=off", "autovacuum=off"])
    do {
      for statement in [
        "CREATE ROLE portico_jobs", "CREATE ROLE portico_app LOGIN NOINHERIT",
        "GRANT portico_jobs TO portico_app",
      ] {
        try await cluster.run("psql", ["-d", "postgres", "-qc", statement])
      }
      try await RunningProgram.withFolder { folder in
        try await body(UpgradeServer(cluster: cluster, folder: folder))
      }
    } catch {
      try await cluster.clear()
      throw error
    }
    try await cluster.clear()
  }

  private func address(_ role: String, _ database: String) -> String {
    let host = cluster.folder.replacingOccurrences(of: "/", with: "%2F")
    return "postgres://\(role)@\(host):\(cluster.port)/\(database)"
  }

  func owner(_ database: String) -> String { address("owner", database) }

  func place(_ database: String) -> StoreLocation {
    .postgres(Secret(address("portico_app", database)), owner: Secret(owner(database)))
  }

  func make(_ database: String) async throws { _ = try await cluster.database(database) }

  /// Statements of migrations are counted, and the one that `stop` names does not end. Rights and policies, which follow
  /// each step, are not counted.
  func addStops(to database: String) async throws {
    try await run(
      """
      CREATE SCHEMA probe;
      CREATE SEQUENCE probe.statements;
      CREATE TABLE probe.stop AS SELECT 0::bigint AS at;
      CREATE FUNCTION probe.pause() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        IF tg_tag IN ('GRANT', 'REVOKE') OR EXISTS (SELECT FROM pg_event_trigger_ddl_commands() WHERE in_extension)
          OR current_query() ~ 'ROW LEVEL SECURITY|CREATE POLICY portico_|portico_migrations' THEN RETURN; END IF;
        IF nextval('probe.statements') = (SELECT at FROM probe.stop) THEN PERFORM pg_sleep(3600); END IF;
      END $$;
      CREATE EVENT TRIGGER pause ON ddl_command_end EXECUTE FUNCTION probe.pause();
      """, in: database)
  }

  func copy(_ database: String, to name: String, stopAt stop: Int) async throws {
    try await cluster.run("createdb", ["-O", "owner", "-T", database, name])
    try await run("UPDATE probe.stop SET at = \(stop)", in: name)
  }

  func statements(in database: String) async throws -> Int {
    let said = try await run("SELECT last_value FROM probe.statements", in: database)
    return try #require(Int(said.trimmingCharacters(in: .whitespacesAndNewlines)))
  }

  /// - Parameter body: is given what returns when the migration stands still, and kills it.
  func killed(
    in database: String, _ body: (@escaping () async throws -> Void) async throws -> Int32
  ) async throws {
    let sleeping = "FROM pg_stat_activity WHERE datname = '\(database)' AND wait_event = 'PgSleep'"
    let status = try await body {
      while try await run("SELECT pid \(sleeping)", in: database).isEmpty {
        try await Task.sleep(for: .milliseconds(20))
      }
    }
    #expect(status == -SIGKILL)
    try await run("UPDATE probe.stop SET at = 0", in: database)
    // The server finds out that its client is gone when it has something to say to it.
    try await run("SELECT pg_terminate_backend(pid, 60000) \(sleeping)", in: database)
  }

  func drop(_ database: String) async throws {
    try await cluster.run("dropdb", [database])
  }

  @discardableResult
  private func run(_ script: String, in database: String) async throws -> String {
    try await cluster.run("psql", ["-d", database, "-v", "ON_ERROR_STOP=1", "-qAtc", script])
  }
}
