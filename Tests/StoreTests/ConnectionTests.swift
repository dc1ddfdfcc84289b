import Foundation
import Store
import TestSupport
import Testing
import Values

@testable import StorePostgres

private let acme = Fixture.acme

@Suite("PostgreSQL: addresses, secrets and limits", .timeLimit(.minutes(3)))
struct ConnectionTests {
  private static let secret = "Qu4y-s1de"

  @Test(
    "X-27 an address that cannot be read is not quoted",
    arguments: [
      "postgresql://app:\(secret)@db:port/x", "postgresql://app:p@\(secret)@db/x",
      "host=db password=\(secret) nonsense=1", "postgresql://app:\(secret)@[db/x",
      "host=db password='\(secret)",
    ])
  func unreadable(_ conninfo: String) throws {
    var told = PostgresStore.fault(in: conninfo) ?? ""
    if told.isEmpty {
      // What only shows when it is used.
      let error = #expect(throws: StoreError.self) {
        try PostgresConnection(
          ConnectionAddress(conninfo), names: ConstraintNames(), patience: .seconds(60))
      }
      told = "\(error as Any)"
    }
    #expect(!told.isEmpty)
    #expect(!told.contains(Self.secret))
  }

  @Test(
    "X-28 TLS with a checked certificate and a passfile; a wrong password and a foreign authority are refused"
  )
  func security() async throws {
    let (folder, guardian) = try GuardedProcess.folder("tls")
    for name in ["server", "foreign"] {
      try GuardedProcess.run([
        "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost", "-keyout", "\(folder)/\(name).key", "-out",
        "\(folder)/\(name).crt",
      ])
    }
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"
    try Data(rules.utf8).write(to: URL(fileURLWithPath: "\(folder)/hba"))
    let port = try freePort()
    let cluster = try await PostgresCluster(
      port: port,
      settings: [
        "fsync=off", "listen_addresses=127.0.0.1", "ssl=on", "ssl_cert_file=\(folder)/server.crt",
        "ssl_key_file=\(folder)/server.key", "hba_file=\(folder)/hba",
        "password_encryption=scram-sha-256",
      ])
    let database = try await cluster.database("secured")
    let owner = PostgresOwner(database.owner)
    try await owner.createRoles(password: Self.secret)
    try await Migrator(owner).migrate(nil)
    let passfile = "\(NSTemporaryDirectory())/portico-pass-\(UUID().uuidString)"
    try Data("*:*:*:portico_app:\(Self.secret)\n".utf8).write(to: URL(fileURLWithPath: passfile))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: passfile)
    let roots = "\(NSTemporaryDirectory())/portico-roots-\(UUID().uuidString)"
    for (name, succeeds) in [("server", true), ("foreign", false)] {
      let certificate = try GuardedProcess.run(["/bin/cat", "\(folder)/\(name).crt"])
      try Data(certificate.utf8).write(to: URL(fileURLWithPath: roots))
      let address =
        "postgresql://portico_app@localhost:\(port)/secured?hostaddr=127.0.0.1&sslmode=verify-full"
        + "&sslrootcert=\(roots)&passfile=\(passfile)"
      if succeeds {
        let store = try await PostgresStore.open(address)
        let isSecure: Bool = try await store.read(as: acme) { db in
          try db.first(
            "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", else: .notFound)["ssl"]
        }
        #expect(isSecure)
        await store.close()
        let wrong = address.replacingOccurrences(
          of: "portico_app@", with: "portico_app:not-\(Self.secret)@")
        let error = await #expect(throws: StoreError.self) { try await PostgresStore.open(wrong) }
        #expect("\(error as Any)".contains("password authentication failed"))
        #expect(!"\(error as Any)".contains(Self.secret))
      } else {
        let error = await #expect(throws: StoreError.self) { try await PostgresStore.open(address) }
        #expect("\(error as Any)".contains("certificate"))
      }
    }
    for path in [passfile, roots] { try FileManager.default.removeItem(atPath: path) }
    try await cluster.clear()
    try await onOwnThread { try guardian.end() }
  }

  @Test(
    "when too much waits a call is told that it is too busy; a read that is given up leaves the line"
  )
  func waiting() async throws {
    try await Fixture.with(.postgres) { fixture in
      var limits = PostgresStore.Limits()
      (limits.connections, limits.waiting) = (1, 3)
      let store = try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      let gate = Gate()
      let holder = Task { try await store.read(as: acme) { _ in gate.wait() } }
      while store.condition.waiting > 0 || !gate.isReached {
        try await Task.sleep(for: .milliseconds(2))
      }
      let line = (0..<3).map { _ in Task { try await store.read(as: acme) { _ in 1 } } }
      while store.condition.waiting < 3 { try await Task.sleep(for: .milliseconds(2)) }
      await #expect(throws: StoreError.busy) { try await store.read(as: acme) { _ in 2 } }
      line[0].cancel()
      await #expect(throws: CancellationError.self) { try await line[0].value }
      gate.open()
      try await holder.value
      for task in line.dropFirst() {
        let answer = try await task.value
        #expect(answer == 1)
      }
      await store.close()
    }
  }

  @Test("what has waited for too long is not begun any more")
  func waitedTooLong() async throws {
    var limits = PostgresStore.Limits()
    // Over before it has begun, on any machine.
    (limits.connections, limits.longestWait) = (1, .seconds(-1))
    let address = try ConnectionAddress("host=/nowhere")
    let pool = PostgresPool(limits) { [limits] in
      PostgresWorker(
        address, names: ConstraintNames(), limits: limits, outage: Outage(),
        figures: PostgresFigures(connections: 1))
    }
    let answer = await withCheckedContinuation { done in
      let work = PoolWork(of: acme) { _ in
        done.resume(returning: "begun")
      } onRefusal: {
        done.resume(returning: "\($0)")
      }
      do throws(StoreError) { try pool.add(work) } catch { work.refuse(error) }
    }
    #expect(answer == "\(StoreError.busy)")
    await pool.close()
  }

  @Test("a lock that does not come, and a transaction that does nothing, end by their limits")
  func locks() async throws {
    try await Fixture.with(.postgres) { fixture in
      try await fixture.addAccounts()
      // A store for each limit: neither ends what the other is about while this machine stands still.
      func open(_ change: (inout PostgresStore.Limits) -> Void) async throws -> PostgresStore {
        var limits = PostgresStore.Limits()
        change(&limits)
        return try await PostgresStore.open(fixture.place, clock: fixture.clock, limits: limits)
      }
      let hasty = try await open { $0.lockTimeout = .milliseconds(100) }
      let strict = try await open { $0.idleTimeout = .milliseconds(300) }
      let gate = Gate()
      let holder = Task {
        try await fixture.store.write(as: acme) { db in
          _ = try db.change("UPDATE accounts SET name = \("held")")
          gate.wait()
        }
      }
      while !gate.isReached { try await Task.sleep(for: .milliseconds(2)) }
      await #expect(throws: StoreError.busy) {
        try await hasty.write(as: acme) { try $0.run("UPDATE accounts SET name = \("mine")") }
      }
      gate.open()
      try await holder.value
      let error = await #expect(throws: StoreError.self) {
        try await strict.write(as: acme) { db in
          _ = try db.change("UPDATE accounts SET name = \("idle")")
          let watcher = try PostgresConnection(
            ConnectionAddress(fixture.place), names: ConstraintNames(), patience: .seconds(60))
          let process: Int = try db.first(
            "SELECT pg_backend_pid()::int8 AS pid", else: .notFound)["pid"]
          // Until the server has ended the session: as long as it takes.
          while try !watcher.perform(
            text: "SELECT pid::int8 FROM pg_stat_activity WHERE pid = \(process)"
          ).rows(limit: 1).isEmpty { usleep(20_000) }
          _ = try db.change("UPDATE accounts SET name = \("late")")
        }
      }
      guard case .unavailable = error else { throw error ?? .notFound }
      await hasty.close()
      await strict.close()
    }
  }

  private func freePort() throws -> Int {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    try #require(bound)
    return Int(UInt16(bigEndian: address.sin_port))
  }
}
