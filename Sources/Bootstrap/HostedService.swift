import Foundation
import RPC
import Store
import Telemetry

/// A service as a process sees it: its name, its schema, what it answers and what it does by itself.
public protocol HostedService: Sendable {
  /// `ticketing`: names the process, its key and its settings, and is the second word of its packages.
  static var name: String { get }
  /// The folder of `V0001_….sql` files: `Bundle.module`'s `Migrations`.
  static var migrations: URL { get }

  /// Called once, after the migrations and before the first call.
  init(_ context: ServiceContext) async throws

  /// What it serves, behind the gate.
  var services: [any RPCService] { get }
  /// What it does by itself; nothing unless it says so.
  var jobs: [Job] { get }
  /// What else it counts; asked at any time, must not wait.
  var metrics: [MetricFamily] { get }
  /// What of its own waits for work, over all tenants; read every few seconds.
  func queues(_ db: AcrossTenants) throws -> [QueueDepth]
  /// Every kind of event it emits: who may be told of each is told by its type. None unless it says so.
  static var eventTypes: [EventType] { get }
}

extension HostedService {
  public var jobs: [Job] { [] }
  public var metrics: [MetricFamily] { [] }
  public func queues(_ db: AcrossTenants) throws -> [QueueDepth] { [] }
  public static var eventTypes: [EventType] { [] }
}

/// Something a service does by itself, again and again: in one of its processes at a time, under a lease.
public struct Job: Sendable {
  public let name: String
  public let interval: Duration
  let isDue: @Sendable () async throws -> Bool
  let body: @Sendable (Lease) async throws -> Void

  /// - Parameters:
  ///   - name: `sla-clock`; the lease is called by it.
  ///   - interval: from the end of one run to the beginning of the next, on the real clock.
  ///   - isDue: whether there is anything to do, found out by reading alone: a lease is written only for a run. Yes unless
  ///     it says otherwise; what runs every few seconds should.
  ///   - body: may be cancelled when the process ends; a write transaction that calls `db.require(lease)` is
  ///     fenced against a run that another process has taken over.
  public init(
    _ name: String, every interval: Duration,
    isDue: @escaping @Sendable () async throws -> Bool = { true },
    _ body: @escaping @Sendable (Lease) async throws -> Void
  ) {
    self.name = name
    self.interval = interval
    self.isDue = isDue
    self.body = body
  }
}
