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
    #expect(throws: Never.self) { try all.refuseUnknownFlags() }
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

  @Test("a flag that nobody knows is refused")
  func unknownFlags() async throws {
    let misspelt = try await settings(["--databse-url", "x", "--port", "1"])
    _ = try misspelt.int("port", default: 0, in: 0...10)
    _ = try misspelt.string("database.url")
    #expect(throws: SettingError.unknownFlag("--databse-url")) {
      try misspelt.refuseUnknownFlags()
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
