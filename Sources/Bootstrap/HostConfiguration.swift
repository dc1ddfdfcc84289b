import Access
import Foundation
import HTTP2
import Logging
import RPC
import Telemetry
import Values

/// All that a host needs to know to run one service.
public struct HostConfiguration: Sendable {
  public var settings: Settings
  public var listener: Listener
  public var store: StoreLocation
  /// Where uploaded files go.
  public var blobs: URL
  public var keys: Keyring
  /// Where the other services are: `["identity": "10.0.0.7:7601", "cms": "unix:/run/cms.sock"]`.
  public var peers: [String: String]
  public var channel: ChannelConfiguration
  public var server: ServerConfiguration
  public var clock: any WallClock
  public var logger: Logger
  /// What the process shows of itself; the same for all its parts.
  public var telemetry: ProcessTelemetry
  /// How long running calls may take to finish when the process ends.
  public var grace: Duration

  public init(
    settings: Settings = Settings([:]), listener: Listener, store: StoreLocation, blobs: URL,
    keys: Keyring, peers: [String: String] = [:],
    channel: ChannelConfiguration = .betweenServices(), server: ServerConfiguration = .init(),
    clock: any WallClock = SystemClock(), logger: Logger,
    telemetry: ProcessTelemetry = ProcessTelemetry(), grace: Duration = .seconds(8)
  ) {
    self.telemetry = telemetry
    self.settings = settings
    self.listener = listener
    self.store = store
    self.blobs = blobs
    self.keys = keys
    self.peers = peers
    self.channel = channel
    self.server = server
    self.clock = clock
    self.logger = logger
    self.grace = grace
  }

  /// Reads the settings of a process of its own.
  ///
  ///     listen            127.0.0.1:7601 or unix:/path
  ///     database.url      sqlite:PATH or postgres://…     database.owner   postgres://… that migrates
  ///     database.connections  8: to PostgreSQL            database.waiting 2048: transactions that wait for one,
  ///     database.wait.seconds 10: at most for so long
  ///     database.statement.seconds 15: a statement        database.lock.seconds 10: its wait for a lock
  ///     database.idle.seconds 20: a transaction that does nothing
  ///     blobs.folder      data/blobs                      keys.folder      data/keys
  ///     peers             identity=127.0.0.1:7601,cms=dns:///cms:7604,billing=ipv4:10.0.0.4:7605,10.0.0.5:7605
  ///     keepalive.seconds 30: a peer that is silent for so long during a call must answer a PING within 10 s
  ///     tls.certificate, tls.key, tls.roots               mutual TLS between the services: each is whom its certificate
  ///                       names (`DNS:identity`), at whatever address it is called
  ///     tls.clients       names whose certificates may call, unless everybody who has a public key in keys.folder
  ///     tls.reload.seconds                                10: how often changed files are looked for; SIGHUP does at once
  ///     log.format        json or text                    log.level        info
  ///     drain.seconds     8
  ///     events.days       30: for how long a reader of events can resume
  ///     events.bookmark.seconds   15: how often a silent stream of events says how far it has come
  ///     internal.listen   127.0.0.1:9601: /metrics, /healthz and /readyz, for the inside only; none unless set
  ///     report.seconds    10: how often the process tells the others of its service how it is doing
  ///     reflection        false; true tells anyone who reaches the listener what can be called there
  public init(
    service: String, _ settings: Settings, telemetry: ProcessTelemetry = ProcessTelemetry()
  ) throws {
    let logger = try ProcessLog.logger(service, settings)
    let keys = try Self.keys(settings)
    let listener = Listener.betweenServices(
      try Self.address(settings.required("listen")),
      tls: try TLSFiles(settings)?.server(of: Set(keys.publicKeys.keys), settings))
    self.init(
      settings: settings, listener: listener, store: try settings.database,
      blobs: URL(fileURLWithPath: try settings.string("blobs.folder", default: "data/blobs")),
      keys: keys, peers: try Self.peers(settings),
      channel: try Self.channel(settings), logger: logger, telemetry: telemetry,
      grace: .seconds(try settings.int("drain.seconds", default: 8, in: 0...600)))
  }

  var eventDays: Int {
    get throws(SettingError) { try settings.int("events.days", default: 30, in: 1...3650) }
  }

  var reportPause: Duration {
    get throws(SettingError) {
      .seconds(try settings.int("report.seconds", default: 10, in: 1...300))
    }
  }

  var eventPace: EventPace {
    get throws(SettingError) {
      var pace = EventPace()
      pace.bookmark = .seconds(
        try settings.int("events.bookmark.seconds", default: 15, in: 1...300))
      pace.beat = min(pace.beat, pace.bookmark)
      return pace
    }
  }

  /// `host:port` or `unix:/path`.
  /// - Parameter key: the setting that says so, for who reads the error.
  public static func address(
    _ text: String, named key: String = "listen"
  ) throws(SettingError) -> Listener.Address {
    if text.hasPrefix("unix:"), text.count > 5 { return .unix(path: String(text.dropFirst(5))) }
    guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
      (0...65535).contains(port), colon > text.startIndex
    else { throw .invalid(key, "must be host:port or unix:/path") }
    let host = text[..<colon].trimmingCharacters(in: ["[", "]"])
    return .tcp(host: host, port: port)
  }

  /// `peers`: `identity=10.0.0.7:7601,cms=ipv4:10.0.0.8:7604,10.0.0.9:7604`. What has no `=` is one more address of the
  /// service before it. Throws when there is none, or when an address is none.
  public static func peers(_ settings: Settings) throws(SettingError) -> [String: String] {
    var peers: [String: String] = [:]
    var last: String?
    for entry in try settings.string("peers", default: "").split(separator: ",") {
      let parts = entry.split(separator: "=", maxSplits: 1)
      if parts.count == 2 {
        last = String(parts[0])
        peers[String(parts[0])] = String(parts[1])
      } else {
        guard let last, let known = peers[last] else {
          throw .invalid("peers", "must be name=address,…")
        }
        peers[last] = "\(known),\(entry)"
      }
    }
    for (name, address) in peers {
      do { _ = try Target(address) } catch {
        throw .invalid("peers", "has no address for \(name) that can be called")
      }
    }
    return peers
  }

  /// How a process calls the others: by mutual TLS where that is set.
  public static func channel(_ settings: Settings) throws -> ChannelConfiguration {
    .betweenServices(
      tls: try TLSFiles(settings)?.client,
      keepalive: .seconds(try settings.int("keepalive.seconds", default: 30, in: 10...7200)))
  }

  /// `keys.folder`: everybody's public keys, and the private one of the process.
  public static func keys(_ settings: Settings) throws -> Keyring {
    let folder = try settings.string("keys.folder", default: "data/keys")
    do { return try Keyring(contentsOf: URL(fileURLWithPath: folder)) } catch {
      throw SettingError.invalid("keys.folder", "cannot be used: \(error)")
    }
  }
}

/// One certificate for both directions.
struct TLSFiles {
  private let server: TLSConfiguration
  let client: TLSConfiguration

  /// Nil when none of the three is set; all three or none.
  init?(_ settings: Settings) throws(SettingError) {
    let certificate = try settings.string("tls.certificate")
    let key = try settings.string("tls.key")
    let roots = try settings.string("tls.roots")
    if certificate == nil, key == nil, roots == nil { return nil }
    guard let certificate, let key, let roots else {
      throw .invalid("tls", "needs tls.certificate, tls.key and tls.roots together")
    }
    let interval = Duration.seconds(
      try settings.int("tls.reload.seconds", default: 10, in: 0...86_400))
    var server = TLSConfiguration.server(
      certificateChainFile: certificate, privateKeyFile: key, clientTrustRootsFile: roots)
    server.reloadInterval = interval
    self.server = server
    var client = TLSConfiguration.client(
      trustRootsFile: roots, certificateChainFile: certificate, privateKeyFile: key)
    client.reloadInterval = interval
    self.client = client
  }

  /// The authority says who somebody is, this list who may call.
  func server(
    of processes: Set<String>, _ settings: Settings
  ) throws(SettingError) -> TLSConfiguration {
    var server = server
    let names = try settings.string("tls.clients").map {
      Set($0.split(separator: ",").map(String.init))
    }
    if let names, names.isEmpty { throw .invalid("tls.clients", "names nobody") }
    server.permittedPeerNames = names ?? processes
    return server
  }
}

/// The logger of a process.
public enum ProcessLog {
  /// JSON unless standard error is a terminal; `log.format` and `log.level` say otherwise.
  public static func logger(_ label: String, _ settings: Settings) throws -> Logger {
    let format: LineLogHandler.Format = try settings.choice(
      "log.format", default: isatty(2) == 1 ? .text : .json)
    let level: Logger.Level = try settings.choice("log.level", default: .info)
    return Logger(label: label) { LineLogHandler(label: $0, format: format, level: level) }
  }
}
