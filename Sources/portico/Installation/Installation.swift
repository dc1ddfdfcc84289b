import Access
import BillingService
import Bootstrap
import CmsService
import Crypto
import Foundation
import IdentityService
import Logging
import MessagingService
import RPC
import Telemetry
import TicketingService
import Values

/// All of Portico in one process, over one data folder:
///
///     data/keys/…           a key pair for every service, the gateway and the operator
///     data/<service>.db     one SQLite file a service, unless the databases are elsewhere
///     data/blobs/…          uploaded files
///
/// Services talk over sockets in a folder of their own below the temporary one, which only this user
/// can enter: the wire is the same as between processes.
struct Installation: Sendable {
  static let services = ["identity", "ticketing", "messaging", "billing", "cms"]

  let data: URL
  private let databases: ServiceDatabases
  let keys: Keyring
  let origin: String
  let clock: any WallClock
  let logger: Logger
  let telemetry: ProcessTelemetry
  private let sockets: URL

  /// - Parameter origin: where portals are reached, `http://{tenant}.localhost:8080`.
  init(
    data: URL, databases: ServiceDatabases = .files, origin: String, clock: any WallClock,
    telemetry: ProcessTelemetry = ProcessTelemetry(), logger: Logger
  ) throws {
    self.telemetry = telemetry
    self.data = data
    self.databases = databases
    self.origin = origin
    self.clock = clock
    self.logger = logger
    try FileManager.default.createDirectory(
      at: data, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    keys = try Self.keys(in: data)
    // A socket's path has room for about a hundred bytes, which a data folder's may exceed.
    sockets = FileManager.default.temporaryDirectory
      .appending(path: "portico-\(RequestID.make())", directoryHint: .isDirectory)
  }

  static func keys(in data: URL) throws -> Keyring {
    try Keyring.create(
      in: data.appending(path: "keys"), for: services + ["gateway", "operator"])
  }

  /// Where each service is, for channels.
  var peers: [String: String] {
    Dictionary(uniqueKeysWithValues: Self.services.map { ($0, "unix:\(socket($0))") })
  }

  /// The five services, not started, in the order in which they start.
  func hosts() throws -> [any ProcessPart] {
    [
      SocketFolder(url: sockets),
      ServiceHost(MessagingService.self, try configuration("messaging")),
      ServiceHost(IdentityService.self, try configuration("identity")),
      ServiceHost(TicketingService.self, try configuration("ticketing")),
      ServiceHost(BillingService.self, try configuration("billing")),
      ServiceHost(CmsService.self, try configuration("cms")),
    ]
  }

  private func configuration(_ service: String) throws -> HostConfiguration {
    var logger = logger
    logger[metadataKey: "service"] = "\(service)"
    return HostConfiguration(
      settings: Settings(["portal.origin": origin]),
      listener: .betweenServices(.unix(path: socket(service))),
      store: try databases.location(of: service, in: data),
      blobs: data.appending(path: "blobs"), keys: keys, peers: peers, clock: clock,
      logger: logger, telemetry: telemetry)
  }

  private func socket(_ service: String) -> String { sockets.appending(path: service).path }
}

/// The folder of the services' sockets, there while they run.
private struct SocketFolder: ProcessPart {
  let name = "sockets"
  let url: URL

  func start() async throws {
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  func stop() async {
    do { try FileManager.default.removeItem(at: url) } catch {
      Console.complain("the folder \(url.path) could not be removed: \(error)")
    }
  }
}

extension Installation {
  /// Starts the services, runs `body`, and stops them again whatever happens.
  func running<T>(_ body: () async throws -> T) async throws -> T {
    var started: [any ProcessPart] = []
    func stop() async { for part in started.reversed() { await part.stop() } }
    do {
      for part in try hosts() {
        try await part.start()
        started.append(part)
      }
      let result = try await body()
      await stop()
      return result
    } catch {
      await stop()
      throw error
    }
  }
}
