import Access
import Foundation
import HTTP2
import Logging
import NIOPosix
import PorticoAPI
import RPC
import TestSupport
import Values

@testable import Gateway

/// A gateway on a free port, before an identity service behind a Unix socket and a ticketing service that is down.
struct EdgeStage {
  let server: GatewayServer
  let identity: TestIdentity
  let clock: ManualClock
  var port: Int { server.port }

  static let host = "northwind.localhost"

  static func run(
    pages: PageTable = .testing, limits: EdgeLimits = .testing,
    rates: RateTable = .standard, tls: TLSConfiguration? = nil, proxies: [AddressRange] = [],
    api: APIOptions = APIOptions(),
    log: Logger = Logger(label: "gateway") { _ in SwiftLogNoOpLogHandler() },
    portals: TestPortals = TestPortals(), serving services: [String: [any RPCService]] = [:],
    watching interceptors: [any ClientInterceptor] = [],
    _ body: (EdgeStage) async throws -> Void
  ) async throws {
    try await Stage.run { stage in
      let identity = TestIdentity(keys: stage.keys, clock: stage.clock)
      try await stage.serve(
        "identity", [identity, portals] + (services["identity"] ?? []))
      for (name, rpcs) in services where name != "identity" { try await stage.serve(name, rpcs) }
      let server = try await GatewayServer.start(
        GatewayConfiguration(
          port: 0, tls: tls, secret: Secret(Array(repeating: 7, count: 32)),
          trustedProxies: proxies, rates: rates, api: api, drainGrace: .seconds(2)),
        pages: pages, limits: limits,
        backends: Backends(
          Dictionary(
            uniqueKeysWithValues: Set(["identity", "ticketing", "messaging", "billing", "cms"])
              .union(services.keys).map {
                ($0, InterceptedCaller(stage.caller($0), interceptors) as any Caller)
              })),
        identity: try stage.keys.serviceIdentity("gateway", clock: stage.clock),
        verifier: stage.keys.verifier(for: "gateway", clock: stage.clock), clock: stage.clock,
        log: log, group: MultiThreadedEventLoopGroup.singleton)
      do {
        try await body(EdgeStage(server: server, identity: identity, clock: stage.clock))
        await server.stop()
      } catch {
        await server.stop()
        throw error
      }
    }
  }

  /// Sends bytes and reads until the peer closes; `Connection: close` is up to the caller.
  func raw(_ text: String) async throws -> String {
    let port = port
    return try await onOwnThread {
      let socket = try RawSocket(port: port)
      try socket.send(Array(text.utf8))
      return String(decoding: try socket.readAll(), as: UTF8.self)
    }
  }

  /// One request on a connection of its own.
  func send(
    _ method: String, _ path: String, _ headers: [String: String] = [:], body: String = "",
    host: String = host
  ) async throws -> Answer {
    var text = "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n"
    for (name, value) in headers { text += "\(name): \(value)\r\n" }
    if !body.isEmpty { text += "Content-Length: \(body.utf8.count)\r\n" }
    return Answer(try await raw(text + "\r\n" + body))
  }
}

extension PageTable {
  /// Pages that show what the edge gives to a page.
  static let testing = PageTable(
    routes: [
      PageRoute(.GET, "/login", access: .anyone) { context in
        .html(
          "<form>\(context.csrfToken)|\(context.flashes.map(\.text).joined(separator: ","))|\(context.portal.name)</form>"
        )
      },
      PageRoute(.POST, "/login", access: .anyone) { context in
        let answer = try await SessionsClient(context.caller).createSession(
          .init(
            tenant: context.portal.tenant.rawValue, userName: context.form["username"],
            password: context.form["password"]))
        return await context.signIn(answer, next: LocalPath(context.form["next"]))
      },
      PageRoute(.POST, "/logout") { try await $0.signOut() },
      PageRoute(.GET, "/") { context in
        .html(
          "<p>\(context.principal?.displayName)|\(context.csrfToken)|\(context.flashes.map(\.text).joined(separator: ","))</p>"
        )
      },
      PageRoute(.GET, "/{name=accounts/*/tickets/*}") { .html("<p>\($0.path["name"])</p>") },
      PageRoute(.POST, "/save") { context in
        .redirect(to: "/", flash: .success("Saved \(context.form["x"])"))
      },
      PageRoute(.POST, "/sensitive") { context in
        guard let proved = try context.signedIn().principal.authenticated,
          context.now - proved < Decision.stepUpLasts
        else {
          throw Status(
            .permissionDenied, "confirm that it is you",
            details: [.reason(Decision.stepUpRequired, domain: "access")])
        }
        return .redirect(to: "/")
      },
      PageRoute(.POST, "/upload", limits: .uploads(each: 10_000, count: 1)) { context in
        .html("<p>\(context.form.files.map { "\($0.fileName) \($0.size)" }.joined())</p>")
      },
      PageRoute(.GET, "/down") { context in
        _ = try await CatalogClient(context.caller).listCatalogEntries(.init())
        return .html("<p>up</p>")
      },
      PageRoute(.GET, "/broken", access: .anyone) { _ in throw POSIXFailure(code: 5) },
      PageRoute(.GET, "/stream", access: .anyone) { _ in
        Response(
          headers: ["content-type": "text/plain"],
          body: .stream(length: nil) { writer in
            for piece in ["a", "bc", "def"] { try await writer.write(Array(piece.utf8)) }
          })
      },
      PageRoute(.GET, "/cut", access: .anyone) { _ in
        Response(
          body: .stream(length: nil) { writer in
            try await writer.write(Array("half".utf8))
            throw POSIXFailure(code: 5)
          })
      },
    ],
    stepUp: { prompt, context in
      "<p>\(prompt.action)|\(context.csrfToken)|\(prompt.fields.map { "\($0.name)=\($0.value)" }.joined(separator: ","))|\(prompt.error)</p>"
    },
    failure: { problem, request, _ in
      "<h1>\(Int(problem.status.code))</h1><p>\(problem.detail)</p><p>\(request.id)</p>"
    })
}

extension EdgeLimits {
  /// A portal's face and the parts of a page are waited for, and nobody is sent away, however busy the machine is.
  static var testing: EdgeLimits {
    var limits = EdgeLimits()
    limits.portalTime = .seconds(60)
    limits.partTime = .seconds(60)
    limits.runningAtLeast = limits.runningAtMost
    limits.runningSharedPerCore = limits.runningAtMost
    return limits
  }
}
