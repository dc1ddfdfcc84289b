import Bootstrap
import Foundation
import RPC
import Testing
import Values

@Suite("Settings")
struct SettingsTests {
  private func settings(
    _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) async throws -> Settings {
    try await Settings(arguments: arguments, environment: environment)
  }

  @Test("flags come before the environment, and that before the file")
  func order() async throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(
      #"{"database": {"url": "from-file"}, "listen": "f", "peers": "p", "drain": {"seconds": 7}}"#
        .utf8
    ).write(to: file)
    let all = try await settings(
      ["--database-url", "from-flag", "--config=\(file.path)"],
      ["PORTICO_DATABASE_URL": "from-env", "PORTICO_LISTEN": "e", "LISTEN": "not ours"])
    #expect(try all.string("database.url") == "from-flag")
    #expect(try all.string("listen") == "e")
    #expect(try all.string("peers") == "p")
    #expect(try all.int("drain.seconds", default: 1, in: 0...10) == 7)
    #expect(try all.string("absent") == nil)
    #expect(throws: Never.self) { try all.refuseUnknown(for: "billing") }
  }

  @Test("a wrong value is an error with its name and reason, never the default")
  func wrong() async throws {
    let bad = try await settings(
      ["--port", "eighty", "--count=11", "--level", "loud", "--flag=perhaps"])
    #expect(throws: SettingError.invalid("port", "is not a whole number")) {
      try bad.int("port", default: 80, in: 0...65535)
    }
    #expect(throws: SettingError.invalid("count", "must be between 0 and 10")) {
      try bad.int("count", default: 1, in: 0...10)
    }
    #expect(throws: SettingError.self) { try bad.bool("flag", default: true) }
    #expect(throws: SettingError.missing("listen")) { try bad.required("listen") }
    #expect("\(SettingError.missing("database.url"))".contains("PORTICO_DATABASE_URL"))
    await #expect(throws: SettingError.self) {
      try await settings(["--config", "/does/not/exist"])
    }
  }

  @Test("X-27 a wrong database address is refused without being printed")
  func secrets() throws {
    let secret = Secret("mysql://user:hunter2@host/db")
    do {
      _ = try StoreLocation(secret)
      #expect(Bool(false), "it is refused")
    } catch {
      #expect(!"\(error)".contains("hunter2"))
    }
  }

  @Test("a flag that the process does not read is refused, with the one that may have been meant")
  func unknownFlags() async throws {
    let misspelt = try await settings(["--databse-url", "x", "--listen", "unix:/x"])
    #expect(throws: SettingError.unknown("--databse-url", nearest: "--database-url")) {
      try misspelt.refuseUnknown(for: "billing")
    }
    let others = try await settings(["--mail-from", "a@b.example"])
    #expect(throws: SettingError.self) { try others.refuseUnknown(for: "billing") }
    #expect(throws: Never.self) { try others.refuseUnknown(for: "messaging") }
    #expect("\(SettingError.unknown("--x", nearest: nil))" == "--x is no setting of this process")
  }

  @Test("a name in the file that no process reads is refused, and one of another process is not")
  func unknownInFile() async throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("\(UUID().uuidString).json")
    defer { do { try FileManager.default.removeItem(at: file) } catch { Issue.record(error) } }
    func refusal(_ text: String) async throws -> SettingError? {
      try Data(text.utf8).write(to: file)
      do {
        try await settings(["--config", file.path]).refuseUnknown(for: "billing")
        return nil
      } catch let error as SettingError { return error }
    }
    #expect(try await refusal(#"{"mail": {"smtp": {"host": "m"}}, "domain": "x"}"#) == nil)
    #expect(
      try await refusal(#"{"drain": {"secnds": 5}}"#)
        == .unknown("drain.secnds", nearest: "drain.seconds"))
    guard case .invalid("config", _)? = try await refusal("[1]") else {
      Issue.record("a list is no file of settings")
      return
    }
  }

  @Test(
    "a variable that looks like a misspelt setting is refused; others with the prefix are not ours")
  func unknownInEnvironment() async throws {
    let misspelt = try await settings([], ["PORTICO_DRAIN_SECOND": "5"])
    #expect(throws: SettingError.unknown("PORTICO_DRAIN_SECOND", nearest: "PORTICO_DRAIN_SECONDS"))
    {
      try misspelt.refuseUnknown(for: "billing")
    }
    let foreign = try await settings(
      [], ["PORTICO_IDENTITY_SERVICE_HOST": "10.0.0.1", "PORTICO_BINARY": "/x"])
    #expect(throws: Never.self) { try foreign.refuseUnknown(for: "billing") }
  }

  @Test("ratios are from 0 to 1")
  func ratios() throws {
    #expect(try Settings(["tracing.sample": "0.25"]).ratio("tracing.sample", default: 0) == 0.25)
    for text in ["2", "-0.1", "nan", "much"] {
      #expect(throws: SettingError.self) {
        try Settings(["tracing.sample": text]).ratio("tracing.sample", default: 0)
      }
    }
  }

  @Test("a value keeps its commas, as a flag and in the environment")
  func commas() async throws {
    let peers = "identity=unix:/run/identity,billing=dns:///billing:7000"
    let flags = try await settings(["--peers", peers, "--proxies=10.0.0.1,10.0.0.2"])
    #expect(try flags.string("peers") == peers)
    #expect(try flags.string("proxies") == "10.0.0.1,10.0.0.2")
    let environment = try await settings([], ["PORTICO_PEERS": peers])
    #expect(try environment.string("peers") == peers)
    let parsed = try HostConfiguration.peers(flags)
    #expect(parsed.count == 2)
  }

  @Test("flags without a value are true")
  func flags() async throws {
    let flags = try await settings(["--demo", "--port", "1"])
    #expect(try flags.bool("demo", default: false))
    #expect(try !flags.bool("other", default: false))
  }

  @Test(
    "addresses to listen on",
    arguments: [
      ("127.0.0.1:7601", Listener.Address.tcp(host: "127.0.0.1", port: 7601)),
      ("[::1]:0", .tcp(host: "::1", port: 0)), ("unix:/run/x.sock", .unix(path: "/run/x.sock")),
    ])
  func addresses(_ text: String, _ address: Listener.Address) throws {
    #expect(try HostConfiguration.address(text) == address)
  }

  @Test("what is no address", arguments: ["", "7601", ":7601", "host:", "host:70000", "unix:"])
  func badAddresses(_ text: String) {
    #expect(throws: SettingError.self) { try HostConfiguration.address(text) }
  }

  @Test("peers are a list of names and addresses; TLS is all or nothing")
  func processes() async throws {
    let peers = Settings(["peers": "identity=10.0.0.1:1,cms=unix:/run/cms"])
    #expect(
      try HostConfiguration.peers(peers) == ["identity": "10.0.0.1:1", "cms": "unix:/run/cms"])
    #expect(throws: SettingError.self) {
      try HostConfiguration.peers(Settings(["peers": "identity"]))
    }
    let half = Settings([
      "tls.certificate": "a", "listen": "unix:/x", "database.url": "sqlite:x",
    ])
    #expect(throws: SettingError.self) { try HostConfiguration(service: "cms", half) }
  }
}
