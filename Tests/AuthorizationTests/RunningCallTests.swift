import Access
import Foundation
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

/// What takes a right away from whoever has a call under way.
private enum Revocation: String, CaseIterable {
  case sessionEnded, locked
  /// Another role, which also ends the sessions (D-47).
  case downgraded
  /// The same role, which gives less.
  case permissionTaken, tokenRevoked
}

/// How a stream of JSON is asked for, and what it says when it ends before its time.
private struct StreamFormat {
  let name: String
  let head: String
  let body: String
  /// For who is nobody any more, and for who may do less.
  let ended: String
  let changed: String

  private static let envelope = "\u{0}\u{0}\u{0}\u{0}\u{2}{}"
  private static let path = "/portico.ticketing.v1.TicketingEvents/WatchEvents"
  static let all = [
    StreamFormat(
      name: "lines", head: "GET /v1/ticketing/events:watch HTTP/1.1\r\n", body: "",
      ended: #""status":401"#, changed: #""status":503"#),
    StreamFormat(
      name: "events",
      head: "GET /v1/ticketing/events:watch HTTP/1.1\r\nAccept: text/event-stream\r\n", body: "",
      ended: #""status":401"#, changed: #""status":503"#),
    StreamFormat(
      name: "gRPC-Web",
      head: "POST \(path) HTTP/1.1\r\nContent-Type: application/grpc-web+json\r\n", body: envelope,
      ended: "grpc-status: 16", changed: "grpc-status: 14"),
    StreamFormat(
      name: "Connect",
      head: "POST \(path) HTTP/1.1\r\nContent-Type: application/connect+json\r\n", body: envelope,
      ended: #""code":"unauthenticated""#, changed: #""code":"unavailable""#),
  ]

  /// Opens the stream and reads its first message.
  func open(_ world: World, _ credential: String) async throws -> RawSocket {
    let socket = try RawSocket(port: try #require(world.gateway.port))
    let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
    try socket.send(
      Array(
        "\(head)Host: northwind.localhost\r\nConnection: close\r\n\(credential)\r\n\(length)\r\n\(body)"
          .utf8))
    let begun = try await socket.text(until: "bookmark")
    #expect(begun.hasPrefix("HTTP/1.1 200") && begun.contains("bookmark"), "\(name): \(begun)")
    return socket
  }
}

@Suite("ASVS 8.3.2 calls under way", .serialized, .timeLimit(.minutes(15)))
struct RunningCallTests {
  private static let contact = "accounts/acme/contacts/ada"

  @Test("ASVS 8.3.2, X-06 whoever loses the session, the token or a right loses the open streams")
  func revocation() async throws {
    let administrator = try #require(Role.administrator.principal)
    try await World.run { world in
      let other = try await StreamFormat.all[0].open(
        world, Self.cookie(try await world.session(of: "users/u-acmeada")))
      for revocation in Revocation.allCases {
        let user = try await world.hold(Self.watcher(world))
        let session = try await world.session(of: user)
        let token = try await Self.token(world, user)
        let isToken = revocation == .tokenRevoked
        let credential =
          isToken ? "Authorization: Bearer \(token.secret)" : Self.cookie(session)
        var sockets: [(StreamFormat, RawSocket)] = []
        for format in StreamFormat.all {
          sockets.append((format, try await format.open(world, credential)))
        }
        try await Self.carryOut(revocation, world, user, token.name)
        let isChange = revocation == .permissionTaken
        for (format, socket) in sockets {
          let mark = isChange ? format.changed : format.ended
          // Says why, and ends: no stream goes on, and none looks complete.
          let rest = try await Self.rest(of: socket)
          #expect(rest.contains(mark), "\(revocation) \(format.name): \(rest)")
          if format.body.isEmpty {
            #expect(!rest.hasSuffix("0\r\n\r\n"), "\(revocation) \(format.name)")
          }
        }
      }
      // Whom none of it concerned goes on.
      _ = try await TicketsClient(world.stage.caller("ticketing", as: administrator))
        .createTicket(
          .init(
            parent: "accounts/acme",
            ticket: .init(title: "Later", details: "x", contact: Self.contact)))
      #expect(try await other.text(until: "ticket.created").contains("ticket.created"))
    }
  }

  private static func cookie(_ session: String) -> String {
    "Cookie: portico=\(session)\r\nSec-Fetch-Site: same-origin"
  }

  /// A role of its own, as it was before anything was taken away.
  private static func watcher(_ world: World) async throws -> String {
    let roles = RolesClient(world.administrator)
    let role = Identity.Role(
      displayName: "Watcher", grants: [.init(permission: .ticketsRead, reach: .account)],
      forCustomers: true)
    do { _ = try await roles.createRole(.init(roleID: "watcher", role: role)) } catch let status
      as Status where status.code == .alreadyExists
    {
      var old = try await roles.getRole(.init(name: "roles/watcher"))
      old.grants = role.grants
      _ = try await roles.updateRole(.init(role: old, updateMask: .init(paths: ["grants"])))
    }
    return "watcher"
  }

  private static func token(
    _ world: World, _ user: String
  ) async throws -> (name: String, secret: String) {
    var owner = TestPrincipal.customer(contact: "ada")
    owner.user = user
    owner.authenticated = world.stage.clock.now
    let answer = try await ApiTokensClient(world.stage.caller("identity", as: owner))
      .createApiToken(
        .init(
          apiToken: .init(
            displayName: "watch", scopes: [.ticketsRead],
            expireTime: .init(seconds: world.stage.clock.now.microseconds / 1_000_000 + 3600))))
    return (answer.apiToken?.name ?? "", answer.secret)
  }

  private static func carryOut(
    _ revocation: Revocation, _ world: World, _ user: String, _ token: String
  ) async throws {
    let identity = world.administrator
    switch revocation {
    case .sessionEnded:
      _ = try await SessionsClient(identity).endUserSessions(.init(parent: user))
    case .locked:
      _ = try await ContactsClient(identity).updatePortalAccess(
        .init(name: contact, enabled: false))
    case .downgraded: _ = try await world.hold("external-user")
    case .permissionTaken:
      var role = try await RolesClient(identity).getRole(.init(name: "roles/watcher"))
      role.grants = []
      _ = try await RolesClient(identity).updateRole(
        .init(role: role, updateMask: .init(paths: ["grants"])))
    case .tokenRevoked:
      var owner = TestPrincipal.customer(contact: "ada")
      owner.user = user
      _ = try await ApiTokensClient(world.stage.caller("identity", as: owner)).deleteApiToken(
        .init(name: token))
    }
  }

  private static func rest(of socket: RawSocket) async throws -> String {
    let socket = Unchecked(socket)
    return try await onOwnThread { String(decoding: try socket.value.readAll(), as: UTF8.self) }
  }
}
