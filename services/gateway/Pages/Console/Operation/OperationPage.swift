import PorticoAPI
import RPC
import Values
import WellKnown

/// `/operation`: services and their processes, servers as this gateway sees them, queues, jobs and recent errors, for those
/// who run the installation. Each service has a deadline of its own: one that does not answer is shown as it last was, and
/// says so (U-24).
enum OperationPage {
  /// Seconds between two looks of a page that lies open.
  static let pace = 10

  static let routes: [PageRoute] = [
    .staff(.GET, "/operation", .operationRead) { context in
      guard let desk = context.operation else { throw Status(.notFound, "there is no such page") }
      let services = await ask(desk, context)
      return await shell(
        context, title: "Operation", isWide: true, render(services, context))
    }
  ]

  private static func ask(_ desk: OperationDesk, _ context: PageContext) async -> [ServiceView] {
    let tenant = context.portal.tenant
    return await withTaskGroup(of: ServiceView.self) { group in
      for method in desk.methods {
        group.addTask {
          async let servers = desk.servers(of: method.owner)
          let part = await context.part("\(method.owner) report") {
            try await desk.report(method, as: tenant, requestID: context.request.id, $0)
          }
          return ServiceView(name: method.owner, part: part, servers: await servers)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }.sorted { $0.name < $1.name }
    }
  }

  static func render(_ services: [ServiceView], _ context: PageContext) -> HTML {
    let tables = OperationTables(services: services, context: context)
    return """
      \(UI.pageHead("Operation"))
      \(UI.live("operation", every: pace, "\(summary(services, context))\(tables.all)"))
      """
  }

  /// What needs somebody, in words, or that nothing does.
  private static func summary(_ services: [ServiceView], _ context: PageContext) -> HTML {
    let findings = services.flatMap { $0.findings(at: context.now) }
    guard !findings.isEmpty else {
      return UI.callout(
        .success, body: "<p>Every service answers, and nothing waits for anybody.</p>")
    }
    return UI.callout(
      findings.contains { $0.isOutage } ? .danger : .warning, title: "This needs somebody",
      body: "<ul>\(findings.html { "<li>\($0.text)</li>" })</ul>")
  }
}

/// What is known of one service.
struct ServiceView: Sendable {
  let name: String
  let part: PagePart<Operations.ServiceReport>
  let servers: [ServerState]

  struct Finding: Sendable, Hashable {
    let text: String
    var isOutage = false
  }

  var report: Operations.ServiceReport? { part.answer }
  var processes: [Operations.ProcessReport] { report?.processes ?? [] }

  /// When what is shown was true, where that is not now.
  var since: Instant? {
    if case .stale(_, let time) = part { time } else { nil }
  }
  var answers: Bool {
    if case .fresh = part { true } else { false }
  }

  /// A queue that is longer than this behind is one.
  private static let patience = Duration.minutes(5)
  /// Errors are news so long.
  private static let news = Duration.minutes(15)

  /// In the order of their weight.
  func findings(at now: Instant) -> [Finding] {
    guard answers else { return [Finding(text: "\(name) does not answer.", isOutage: true)] }
    return processFindings + serverFindings + queueFindings(now) + errorFindings(now)
  }

  private var processFindings: [Finding] {
    processes.flatMap { process in
      process.unready.map {
        Finding(text: "\(name) on \(process.host), process \(process.pid): \($0).", isOutage: true)
      }
    }
  }

  private var serverFindings: [Finding] {
    servers.compactMap { server in
      if server.isEjected {
        return Finding(text: "\(name) at \(server.address) gets no calls: too many of them failed.")
      }
      guard server.connectivity == .transientFailure else { return nil }
      return Finding(text: "\(name) at \(server.address) cannot be reached from here.")
    }
  }

  private func queueFindings(_ now: Instant) -> [Finding] {
    (report?.queues ?? []).flatMap { queue in
      var findings: [Finding] = []
      if queue.dead > 0 {
        findings.append(
          Finding(text: "\(queue.dead) in the \(queue.name) of \(name) gave up."))
      }
      if let due = queue.oldestDueTime, now - Instant(seconds: due.seconds) > Self.patience {
        findings.append(
          Finding(text: "The \(queue.name) of \(name) is behind: \(queue.waiting) wait."))
      }
      return findings
    }
  }

  private func errorFindings(_ now: Instant) -> [Finding] {
    let recent = processes.flatMap(\.errors).count {
      now - Instant(seconds: $0.time?.seconds ?? 0) < Self.news
    }
    guard recent > 0 else { return [] }
    return [
      Finding(
        text:
          "\(recent) \(recent == 1 ? "call" : "calls") of \(name) failed in the last 15 minutes.")
    ]
  }
}
