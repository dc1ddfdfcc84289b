import Access
import Blobs
import Foundation
import GRPCServices
import Logging
import RPC
import Store
import Values

/// Something a process starts and stops: a service's host, the gateway.
public protocol ProcessPart: Sendable {
  var name: String { get }
  /// Returns when it is ready. What was begun is undone when it throws.
  func start() async throws
  /// Takes nothing new, finishes what runs, and releases everything. Harmless when repeated. The cancellation of the
  /// task cuts off what still runs.
  func stop() async
  /// Reads again what may change while it runs: certificates. What cannot be used changes nothing and throws.
  func reload() async throws
}

extension ProcessPart {
  public func reload() async throws {}
}

/// Runs one service: its store, its server with gate and health, its relay and its jobs.
public actor ServiceHost<Service: HostedService>: ProcessPart {
  public nonisolated let name = Service.name
  private let configuration: HostConfiguration
  private var running: Running?

  private struct Running {
    let store: any Store
    let server: Server
    let health: Health
    let peers: Peers
    let address: Listener.Address
    let service: Service
    let feeds: EventFeeds
    let watching: Watching
    let work: [Task<Void, Never>]
  }

  /// What was added to the telemetry of the process, to be taken from it again.
  private struct Watching {
    var metrics: Int
    var checks: [Int]
  }

  public init(_ service: Service.Type = Service.self, _ configuration: HostConfiguration) {
    self.configuration = configuration
  }

  /// Where it listens, with the port it really has; nil before it has started.
  public var address: Listener.Address? { running?.address }

  /// The service itself, for tests and for the process around it.
  public var service: Service? { running?.service }

  /// The service's store, likewise.
  public var store: (any Store)? { running?.store }

  /// Its calls and connections; nil before it has started.
  public var metrics: HostMetrics? {
    guard let running else { return nil }
    return HostMetrics(
      served: running.server.metrics, made: running.peers.metrics,
      listener: running.server.counters, channels: running.peers.counters)
  }

  public func start() async throws {
    guard running == nil else { return }
    let store = try await configuration.store.open(
      migrations: Service.migrations, clock: configuration.clock, logger: configuration.logger)
    do {
      running = try await begin(store)
    } catch {
      await store.close()
      throw error
    }
  }

  /// Takes the spans of this service; nil where nothing is traced.
  private var recorder: (any SpanRecorder)? { configuration.telemetry.tracer?.recorder(of: name) }

  private func begin(_ opened: any Store) async throws -> Running {
    let (clock, logger, keys) = (configuration.clock, configuration.logger, configuration.keys)
    let figures = ServiceFigures(
      process: "\(name)/\(ProcessInfo.processInfo.processIdentifier)/\(RequestID.make())")
    let store = ObservedStore(
      base: opened, figures: figures.store,
      tracing: recorder.map { StoreTracing(service: name, engine: opened.engine, recorder: $0) })
    let peers = Peers(
      configuration.peers, identity: try keys.serviceIdentity(name, clock: clock),
      configuration: configuration.channel, recorder: recorder, logger: logger)
    let context = ServiceContext(
      name: name, store: store, clock: clock, logger: logger, settings: configuration.settings,
      blobs: try DirectoryBlobStore(root: configuration.blobs.appendingPathComponent(name)),
      signer: try keys.signer(for: name), peers: peers)
    let service = try await Service(context)
    let feeds = EventFeeds(store, pace: try configuration.eventPace, logger: logger)
    var services = service.services
    if let watch = EventWatch<Service>(feeds) { services.append(watch) }
    if let reports = ServiceReports<Service>(store, service, figures) { services.append(reports) }
    let health = Health(services)
    var offered: [any RPCService] = services + [health]
    if try configuration.settings.bool("reflection", default: false) {
      offered += Reflection.services(for: offered)
    }
    let server = Server(
      services: offered,
      interceptors: (recorder.map { [ServerTracing($0)] } ?? []) + [
        AccessLog.ofService(logger, errors: figures.errors),
        Gate(keys.verifier(for: name, clock: clock)),
      ],
      clock: clock, configuration: configuration.server, logger: logger)
    let address = try await server.listen(configuration.listener)
    health.set(serving: true)
    // Whoever asks how it is learns that a restart is needed; whoever only reads is still answered.
    store.whenWritesStop { _ in health.set(serving: false) }
    logger.info("serving", metadata: ["address": "\(address)"])
    let jobs = service.jobs + [try housekeeping(store, figures.process)]
    let reporter = Reporter(
      service: service, store: store, figures: figures, jobs: JobFigures(jobs, clock: clock),
      feeds: feeds,
      calls: HostMetrics(
        served: server.metrics, made: peers.metrics, listener: server.counters,
        channels: peers.counters),
      telemetry: configuration.telemetry, address: "\(address)", folders: configuration.folders,
      logger: logger)
    return Running(
      store: store, server: server, health: health, peers: peers, address: address,
      service: service, feeds: feeds, watching: watch(with: reporter, store, peers),
      work: try work(jobs, reporter, health, peers))
  }

  private func work(
    _ jobs: [Job], _ reporter: Reporter<Service>, _ health: Health, _ peers: Peers
  ) throws -> [Task<Void, Never>] {
    let (logger, store, figures) = (configuration.logger, reporter.store, reporter.figures)
    let relay = OutboxRelay(
      outbox: Outbox(store, owner: figures.process), peers: peers, logger: logger,
      figures: figures, clock: configuration.clock, recorder: recorder)
    let runners = jobs.map {
      JobRunner(
        job: $0, store: store, owner: figures.process, logger: logger, figures: reporter.jobs,
        errors: figures.errors)
    }
    let pause = try configuration.reportPause
    let keeper = HealthKeeper(
      health: health, readiness: configuration.telemetry.readiness, part: name, logger: logger)
    return [
      Task { await relay.run() }, Task { await reporter.feeds.run() },
      Task { await reporter.run(every: pause) }, Task { await keeper.run() },
    ] + runners.map { runner in Task { await runner.run() } }
  }

  /// Shows figures and dependencies of this service among those of the process.
  private func watch(
    with reporter: Reporter<Service>, _ store: any Store, _ peers: Peers
  ) -> Watching {
    let (telemetry, name) = (configuration.telemetry, name)
    let dependencies = Dependencies(name, store: store, configuration: configuration, peers: peers)
    return Watching(
      metrics: telemetry.metrics.add([.init("service", name)]) { reporter.families },
      checks: dependencies.add(to: telemetry.readiness))
  }

  /// Forgets what can no longer be repeated, answers to request ids that have run out and effects done a week ago; and
  /// events that are older than the settings keep them.
  private func housekeeping(_ store: any Store, _ owner: String) throws -> Job {
    let clock = configuration.clock
    let days = try configuration.eventDays
    return Job("housekeeping", every: .hours(1)) { _ in
      try await store.writeAcrossTenants { db in _ = try db.pruneRequests() }
      try await Outbox(store, owner: owner).prune(doneBefore: clock.now - .days(7))
      let limit = clock.now - .days(days)
      while try await store.writeAcrossTenants({ try $0.pruneEvents(before: limit, atMost: 2000) })
        > 0
      {}
    }
  }

  public func reload() async throws {
    try running?.server.reloadCertificates()
    try running?.peers.reloadCertificates()
  }

  public func stop() async {
    guard let running else { return }
    self.running = nil
    for check in running.watching.checks { configuration.telemetry.readiness.remove(check) }
    running.health.set(serving: false)
    running.health.end()
    running.feeds.end()
    for task in running.work { task.cancel() }
    await running.server.shutDown(grace: configuration.grace)
    for task in running.work { await task.value }
    await running.peers.shutDown(grace: .zero)
    configuration.telemetry.metrics.remove(running.watching.metrics)
    await running.store.close()
    configuration.logger.info("stopped")
  }
}
