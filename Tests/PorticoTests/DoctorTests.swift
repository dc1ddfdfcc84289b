import Access
import ArgumentParser
import Bootstrap
import Crypto
import Foundation
import IdentityService
import Store
import StorePostgres
import TestSupport
import Testing
import Values

@testable import portico

/// Every check of the doctor, with what is wrong and with what is right.
@Suite("portico doctor", .timeLimit(.minutes(3)))
struct DoctorTests {
  private let now = Instant(seconds: 1_780_000_000)

  private func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = URL(fileURLWithPath: "/tmp/pd-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    do { try await body(folder) } catch {
      try FileManager.default.removeItem(at: folder)
      throw error
    }
    try FileManager.default.removeItem(at: folder)
  }

  private func examination(_ process: String, _ settings: [String: String]) -> Examination {
    Examination(process: process, settings: Settings(settings), clock: ManualClock(now))
  }

  private func grades(_ findings: [Finding], _ check: String) -> [Finding.Grade] {
    findings.filter { $0.check == check }.map(\.grade)
  }

  @Test("too few file descriptors, a full disk and a folder that is none")
  func machine() throws {
    let here = FileManager.default.temporaryDirectory
    for (descriptors, grade) in [(256, Finding.Grade.wrong), (2048, .doubtful), (65_536, .fine)] {
      let checks = MachineChecks(folders: [here], descriptors: descriptors, leastFree: 0)
      #expect(grades(checks.findings, "file-descriptors") == [grade])
      #expect(grades(checks.findings, "folders") == [.fine])
      #expect(grades(checks.findings, "disk") != [.wrong])
    }
    let full = MachineChecks(folders: [here], leastFree: .max)
    #expect(grades(full.findings, "disk") == [.wrong])
    let none = MachineChecks(folders: [URL(fileURLWithPath: "/dev/null/portico")])
    #expect(grades(none.findings, "folders") == [.wrong])
    #expect(grades(none.findings, "nghttp2") == [.fine])
    #expect(grades(none.findings, "time-zones") == [.fine])
  }

  @Test("X-27 keys that are missing, are no pair, or that others can read")
  func keys() async throws {
    try await withFolder { folder in
      let keys = folder.appending(path: "keys")
      #expect(grades(KeyChecks(folder: keys, process: "cms").findings, "keys") == [.wrong])
      _ = try Keyring.create(in: keys, for: ["identity", "cms"])
      let good = KeyChecks(folder: keys, process: "cms").findings
      #expect(good.allSatisfy { $0.grade == .fine })
      #expect(grades(KeyChecks(folder: keys, process: "billing").findings, "keys") == [.wrong])
      let secret = keys.appending(path: "cms.key.pem").path
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: secret)
      let open = KeyChecks(folder: keys, process: "cms").findings
      #expect(grades(open, "file-modes") == [.wrong])
      #expect(open.contains { $0.remedy?.contains("chmod 0600") == true })
      try FileManager.default.removeItem(at: keys.appending(path: "identity.pub.pem"))
      try FileManager.default.removeItem(at: keys.appending(path: "identity.key.pem"))
      #expect(grades(KeyChecks(folder: keys, process: "cms").findings, "keys") == [.wrong])
    }
  }

  /// The three settings of certificates that lie in a folder.
  private func certificates(
    in folder: URL, _ authority: CertificateAuthority, trusting other: CertificateAuthority? = nil,
    key: CertificateKey? = nil, names: [String] = ["cms"], for life: Duration = .days(90)
  ) throws -> [String: String] {
    let leaf = try authority.issue(for: names, at: now - .days(1), validFor: life)
    let texts = [
      ("tls.certificate", leaf.certificate.pem), ("tls.key", try (key ?? leaf.key).pem()),
      ("tls.roots", (other ?? authority).certificate.pem),
    ]
    var settings: [String: String] = [:]
    for (name, text) in texts {
      let path = folder.appending(path: name).path
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
      settings[name] = path
    }
    return settings
  }

  @Test("X-28 certificates that expire, have another key or authority, or another name")
  func certificates() async throws {
    try await withFolder { folder in
      let authority = try CertificateAuthority(named: "a", at: now - .days(2), validFor: .days(900))
      let other = try CertificateAuthority(named: "b", at: now - .days(2), validFor: .days(900))
      func findings(_ settings: [String: String]) -> [Finding] {
        CertificateChecks(examination("cms", settings)).findings
      }
      let good = findings(try certificates(in: folder, authority))
      #expect(good.map(\.grade) == [.fine] && good[0].check == "certificate-expiry")
      let soon = findings(try certificates(in: folder, authority, for: .days(8)))
      #expect(grades(soon, "certificate-expiry") == [.doubtful])
      let late = findings(try certificates(in: folder, authority, for: .hours(1)))
      #expect(grades(late, "certificate-expiry") == [.wrong])
      let key = findings(try certificates(in: folder, authority, key: CertificateKey()))
      #expect(grades(key, "certificates") == [.wrong])
      let trust = findings(try certificates(in: folder, authority, trusting: other))
      #expect(grades(trust, "certificates") == [.wrong])
      let name = findings(try certificates(in: folder, authority, names: ["billing"]))
      #expect(grades(name, "certificates") == [.doubtful])
      var half = try certificates(in: folder, authority)
      half["tls.roots"] = nil
      #expect(grades(findings(half), "certificates") == [.wrong])
      #expect(grades(findings(["listen": "10.0.0.1:1"]), "certificates") == [.doubtful])
      #expect(findings(["listen": "unix:/run/x"]).isEmpty)
      let open = try certificates(in: folder, authority)
      try FileManager.default.setAttributes(
        [.posixPermissions: 0o644], ofItemAtPath: try #require(open["tls.key"]))
      #expect(grades(findings(open), "file-modes") == [.wrong])
    }
  }

  @Test(
    "settings that are weak, and secrets that everybody knows",
    arguments: [
      ("gateway", ["rates": "none"], "weak-settings"),
      ("cms", ["reflection": "true"], "weak-settings"),
      ("cms", ["log.level": "debug"], "weak-settings"),
      ("gateway", ["domain": "portal.example"], "weak-settings"),
      (
        "messaging", ["mail.smtp.host": "mx.example", "mail.smtp.security": "none"], "weak-settings"
      ),
      ("cms", ["database.url": "postgres://app:portico@db/cms"], "default-secrets"),
      ("gateway", ["secret": String(repeating: "a", count: 43)], "default-secrets"),
    ])
  func weak(_ process: String, _ settings: [String: String], _ check: String) {
    let findings = WeakSettingChecks(examination(process, settings)).findings
    #expect(findings.contains { $0.check == check && $0.grade != .fine && $0.remedy != nil })
    #expect(!findings.contains { $0.text.contains("aaaa") || $0.text.contains("app:portico") })
  }

  @Test("settings that are strong are left alone")
  func strong() {
    let settings = [
      "rates": "login.address=10/1", "domain": "portal.example", "public.scheme": "https",
      "database.url": "postgres://app:d9Q2kx71hVt0@db/cms", "log.level": "info",
    ]
    for process in ["gateway", "cms"] {
      let findings = WeakSettingChecks(examination(process, settings)).findings
      #expect(findings.map(\.grade) == [.fine])
    }
  }

  @Test("services that do not answer, and those that do, with their clocks")
  func peers() async throws {
    try await Stage.run { stage in
      let keys = stage.folder.appending(path: "keys")
      _ = try Keyring.create(in: keys, for: ["identity", "operator"])
      try await stage.start(IdentityService.self)
      let settings = [
        "keys.folder": keys.path,
        "peers": "identity=\(stage.peers["identity"] ?? ""),cms=unix:\(stage.folder.path)/nobody",
      ]
      // However slow this machine is: nobody is waited for who is not there.
      let findings = await PeerChecks(
        examination("gateway", settings), patience: .seconds(3600)
      ).findings()
      #expect(findings.first { $0.text.hasPrefix("identity") }?.grade == .fine)
      #expect(findings.first { $0.text.hasPrefix("cms") }?.grade == .wrong)
      let none = await PeerChecks(examination("gateway", [:])).findings()
      #expect(none.map(\.grade) == [.doubtful])
      let bad = await PeerChecks(examination("gateway", ["peers": "identity"])).findings()
      #expect(bad.map(\.grade) == [.wrong])
    }
    func skew(_ there: Duration) -> Finding.Grade {
      PeerChecks.finding("cms", now + there, between: now, and: now + .seconds(1)).grade
    }
    #expect(skew(.milliseconds(500)) == .fine)
    #expect(skew(.seconds(4)) == .fine)
    #expect(skew(.seconds(90)) == .wrong)
    #expect(skew(.zero - .seconds(90)) == .wrong)
  }

  @Test("rows in memory, files that others can read, a database that is not there")
  func databases() async throws {
    try await withFolder { folder in
      func findings(_ url: String) async -> [Finding] {
        await DatabaseChecks(examination("cms", ["database.url": url])).findings()
      }
      #expect(await findings("sqlite::memory:").map(\.grade) == [.wrong])
      #expect(await findings("mysql://x").map(\.grade) == [.wrong])
      let file = folder.appending(path: "cms.db").path
      #expect(await findings("sqlite:\(file)").map(\.grade) == [.fine])
      try Data().write(to: URL(fileURLWithPath: file))
      try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
      let open = await findings("sqlite:\(file)")
      #expect(grades(open, "file-modes") == [.wrong])
      let away = await findings("postgres://app@127.0.0.1:1/cms?connect_timeout=2")
      #expect(grades(away, "database") == [.wrong])
      #expect(grades(away, "migrations") == [.doubtful])
    }
  }

  @Test("a role that sees past row-level security, and migrations that are missing")
  func postgres() async throws {
    let database = try await PostgresServer.shared.database()
    let owner = PostgresOwner(database.owner, roles: database.roles, clock: ManualClock(now))
    try await owner.createRoles()
    let tooMuch = StoreLocation.postgres(Secret(database.owner), owner: nil)
    await #expect {
      try await tooMuch.check(clock: ManualClock(now))
    } throws: { error in
      if case .forbidden = error as? StoreError { true } else { false }
    }
    let missing = try await Migrator(owner).pending(IdentityService.migrations)
    #expect(missing.first?.name == "platform" && missing.count > 3)
    try await Migrator(owner).migrate(nil)
    let rest = try await Migrator(owner).pending(IdentityService.migrations)
    #expect(!rest.isEmpty && rest.allSatisfy { $0.part != "portico" })
    try await Migrator(owner).migrate(IdentityService.migrations)
    #expect(try await Migrator(owner).pending(IdentityService.migrations).isEmpty)
  }

  @Test("a mail server that greets, and one that is not there")
  func mail() async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    #expect(await MailChecks.answer(of: "127.0.0.1", sink.port, isTLS: false).grade == .fine)
    #expect(await MailChecks.answer(of: "127.0.0.1", 1, isTLS: false).grade == .wrong)
    let silent = examination("messaging", ["mail.smtp.host": "127.0.0.1"])
    #expect(await MailChecks(silent).findings().map(\.grade) == [.wrong])
    #expect(await MailChecks(examination("messaging", [:])).findings().isEmpty)
  }

  @Test(
    "it ends with 1 when something is wrong and with 0 when nothing is, misspelt settings included")
  func exits() async throws {
    try await withFolder { folder in
      try await Doctor.parse(["--data", folder.path, "--json"]).run()
      let misspelt = try Doctor.parse(["--process", "cms", "--set", "drain.secnds=5"])
      await #expect(throws: ExitCode(1)) { try await misspelt.run() }
      #expect(throws: (any Error).self) { try Doctor.parse(["--process", "nobody"]) }
      #expect(throws: (any Error).self) { try Doctor.parse(["--set", "a=b"]) }
    }
  }
}
