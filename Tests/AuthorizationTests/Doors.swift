import Access
import Crypto
import Foundation
import PorticoAPI
import RPC
import TestSupport
import Values

@testable import IdentityService

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// What came of a call, as far as the caller can tell; request ids and the time of day are taken out.
struct Outcome: Hashable, Sendable, CustomStringConvertible {
  /// A gRPC code, or an HTTP status.
  var code: Int
  var text: String
  var headers: [String: String] = [:]

  var description: String { "\(code) \(text.prefix(160))" }
}

/// The services themselves, over their own sockets.
struct ServiceDoor {
  let stage: Stage

  func call(_ request: SynthesizedRequest, as principal: Principal?) async throws -> Outcome {
    let method = request.method
    let caller =
      principal.map { stage.caller(method.owner, as: $0) } ?? stage.caller(method.owner)
    let bytes = try request.serialized()
    // A guard against hanging: streams of events begin with a bookmark, and are left there.
    let options = CallOptions(deadline: .after(.seconds(60)))
    do {
      if method.streaming == .unary {
        let answer = try await caller.unary(method, bytes, options)
        return Outcome(code: 0, text: Data(answer.message).base64EncodedString())
      }
      return try await caller.stream(method, options) { writer, responses in
        try await writer.write(bytes)
        try await writer.finish()
        for try await message in responses {
          return Outcome(code: 0, text: Data(message).base64EncodedString())
        }
        return Outcome(code: 0, text: "")
      }
    } catch let status as Status {
      return Outcome(
        code: status.code.rawValue,
        text: status.message + status.details.map(\.typeName).joined())
    }
  }
}

/// The gateway's JSON, with a real session of a real user in the cookie.
struct JSONDoor {
  let port: Int
  private let session: URLSession

  init(port: Int) {
    self.port = port
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpShouldSetCookies = false
    configuration.httpCookieAcceptPolicy = .never
    configuration.httpMaximumConnectionsPerHost = 8
    // A guard against hanging, not a limit: a busy machine may take its time.
    configuration.timeoutIntervalForRequest = 120
    session = URLSession(configuration: configuration)
  }

  func call(_ request: SynthesizedRequest, cookie: String?) async throws -> Outcome? {
    guard let (verb, target, body) = try request.http(),
      let url = URL(string: "http://127.0.0.1:\(port)\(target)")
    else { return nil }
    var message = URLRequest(url: url)
    message.httpMethod = verb
    message.httpBody = body
    if body != nil { message.setValue("application/json", forHTTPHeaderField: "content-type") }
    if let cookie { message.setValue("portico=\(cookie)", forHTTPHeaderField: "cookie") }
    message.setValue("same-origin", forHTTPHeaderField: "sec-fetch-site")
    let (data, response) = try await session.data(for: message)
    guard let response = response as? HTTPURLResponse else { return nil }
    return Outcome(
      response.statusCode, response.allHeaderFields.map { ("\($0)", "\($1)") },
      String(decoding: data, as: UTF8.self))
  }

  /// The same for a method whose requests or answers are a stream: what goes on is left after its head.
  func stream(_ request: SynthesizedRequest, cookie: String?) async throws -> Outcome? {
    guard let (verb, target, body) = try request.http() else { return nil }
    var head = "\(verb) \(target) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
    if let cookie { head += "Cookie: portico=\(cookie)\r\n" }
    head += "Sec-Fetch-Site: same-origin\r\n"
    if let body { head += "Content-Type: text/plain\r\nContent-Length: \(body.count)\r\n" }
    let bytes = Array("\(head)\r\n".utf8) + Array(body ?? Data())
    let port = port
    let text = try await onOwnThread {
      let socket = try RawSocket(port: port)
      try socket.send(bytes)
      let begun = try socket.read(until: "\r\n\r\n")
      guard !begun.hasPrefix("HTTP/1.1 200") else { return begun }
      return begun + String(decoding: try socket.readAll(), as: UTF8.self)
    }
    let answer = Answer(text)
    let isDone = answer.status != 200
    return Outcome(answer.status, isDone ? answer.headers : [], isDone ? answer.body : "")
  }
}

extension Outcome {
  /// What HTTP gives, without what differs from one answer to the next in any case.
  fileprivate init(_ status: Int, _ fields: [(name: String, value: String)], _ text: String) {
    var headers: [String: String] = [:]
    for field in fields { headers[field.name.lowercased()] = field.value }
    let id = headers["x-request-id"] ?? ""
    for name in ["date", "x-request-id"] { headers[name] = nil }
    self.init(
      code: status, text: id.isEmpty ? text : text.replacingOccurrences(of: id, with: "ID"),
      headers: headers)
  }
}

extension World {
  /// Opens a session as a sign-in would, and gives its secret.
  func session(of user: String) async throws -> String {
    guard let service = await identity.service else { throw Status(.internal, "not started") }
    let secret = SecretToken()
    let id = String(user.dropFirst("users/".count))
    let now = stage.clock.now
    try await service.parts.store.write(as: Self.home) { db in
      let person = try UserStore(db).user(id, in: .init(tenant: db.tenant, reach: .tenant))
      try SessionStore(db).insert(
        .begin(
          "s-\(secret.hash.prefix(4).map { String($0, radix: 16) }.joined())", of: person,
          kind: .visit, agent: "matrix", address: "127.0.0.1", at: now, service.parts.limits),
        tokenHash: secret.hash)
    }
    return secret.reveal()
  }

  /// The secret of a session of ada's, who holds the role from now on, or of the member of staff; nil for nobody.
  func cookie(_ role: Role) async throws -> String? {
    switch role {
    case .anonymous, .platform, .service: return nil
    case .employee: return try await session(of: "users/u-acmeada")
    case .administrator: return try await session(of: "users/grace-hopper")
    case .externalUser: return try await session(of: hold("external-user"))
    case .externalManager: return try await session(of: hold("external-manager"))
    case .nothing:
      _ = try await RolesClient(administrator).createRole(
        .init(roleID: "nothing", role: .init(displayName: "Nothing", forCustomers: true)))
      return try await session(of: hold("nothing"))
    }
  }

  var administrator: any Caller {
    stage.caller(
      "identity", as: TestPrincipal.staff(.administrator, user: "users/grace-hopper"))
  }

  /// Gives ada a role, and tells which user she is.
  func hold(_ role: String) async throws -> String {
    try await ContactsClient(administrator).updatePortalAccess(
      .init(
        name: "accounts/acme/contacts/ada", enabled: true, role: "roles/\(role)",
        withoutWelcomeMail: true)
    ).portalAccess?.user ?? ""
  }
}
