import Access
import Crypto
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

/// What a session may be when its cookie comes.
private enum SessionState: String, CaseIterable {
  case valid, idleExpired, absoluteExpired, loggedOutElsewhere, passwordChanged, locked
  /// Another role, which also ends the sessions (D-47).
  case downgraded
  /// The same role, which gives nothing any more.
  case permissionsTaken
}

@Suite("quality 2, X-06 states of a session", .serialized)
struct SessionStateTests {
  /// One reading and one writing method of each service that asks who is there, what they may do if there is such a one; a
  /// new service is in it by itself.
  private static let probes: [RPC.Method] = {
    let asking = Methods.all.filter { method in
      method.access.callers != .anyone && method.access.callers != .servicesOnly
        && method.service.hasPrefix("portico.") && !method.service.hasPrefix("portico.testing.")
        && method.streaming == .unary && !method.http.isEmpty
    }
    return Set(asking.map(\.owner)).sorted().flatMap { owner in
      let own = asking.filter { $0.owner == owner }
      return [true, false].compactMap { isReading in
        let fitting = own.filter { ($0.http[0].verb.uppercased() == "GET") == isReading }
        return fitting.first(where: \.needsPermission) ?? fitting.first
      }
    }
  }()

  private static let ada = "users/u-acmeada"

  @Test(
    "ASVS 8.3.2 what ends or changes a session is felt by the next request, reading or writing, of every service",
    .timeLimit(.minutes(15)), arguments: SessionState.allCases.map(\.rawValue))
  func states(name: String) async throws {
    let state = try #require(SessionState(rawValue: name))
    try await World.run { world in
      #expect(Self.probes.count == 10)
      let door = JSONDoor(port: try #require(world.gateway.port))
      let user =
        Self.isAboutCustomers(state) ? try await world.hold(Self.taken(world)) : Self.ada
      let cookie = try await world.session(of: user)
      // It is good, and the gateway has met it.
      let before = try await Self.codes(door, world, cookie)
      #expect(!before.contains(401), "\(before)")
      try await Self.reach(state, world, user, cookie, door)
      if state == .valid { return }
      // The gateway's clock stands still: what it remembers does not run out, it is told.
      let refusal = { (method: RPC.Method) in
        state == .permissionsTaken ? (method.needsPermission ? 403 : nil) : 401
      }
      var after: [Int] = []
      repeat {
        try await Task.sleep(for: .milliseconds(10))
        after = try await Self.codes(door, world, cookie)
      } while !zip(Self.probes, after).allSatisfy { refusal($0) ?? $1 == $1 }
    }
  }

  /// A role of the tenant's own, that can be changed.
  private static func taken(_ world: World) async throws -> String {
    _ = try await RolesClient(world.administrator).createRole(
      .init(
        roleID: "manager",
        role: .init(
          displayName: "Manager",
          grants: [
            .init(permission: .ticketsRead, reach: .account),
            .init(permission: .messagesRead, reach: .own),
          ],
          forCustomers: true)))
    return "manager"
  }

  private static func isAboutCustomers(_ state: SessionState) -> Bool {
    [.locked, .downgraded, .permissionsTaken].contains(state)
  }

  private static func codes(
    _ door: JSONDoor, _ world: World, _ cookie: String
  ) async throws -> [Int] {
    var codes: [Int] = []
    for method in probes {
      let request = SynthesizedRequest(method, names: world.objects[.own, default: [:]])
      codes.append(try #require(try await door.call(request, cookie: cookie)).code)
    }
    return codes
  }

  private static func reach(
    _ state: SessionState, _ world: World, _ user: String, _ cookie: String, _ door: JSONDoor
  ) async throws {
    switch state {
    case .valid: break
    case .idleExpired: world.stage.clock.advance(by: .minutes(61))
    case .absoluteExpired:
      for _ in 0..<29 {
        world.stage.clock.advance(by: .minutes(50))
        _ = try await codes(door, world, cookie)
      }
    case .loggedOutElsewhere:
      let other = TestPrincipal.staff(.technician, user: user)
      _ = try await SessionsClient(world.stage.caller("identity", as: other)).endOtherSessions(
        .init())
    case .passwordChanged: try await changePassword(world, user)
    case .locked:
      _ = try await ContactsClient(world.administrator).updatePortalAccess(
        .init(name: "accounts/acme/contacts/ada", enabled: false))
    case .downgraded:
      _ = try await world.hold("external-user")
    case .permissionsTaken:
      let roles = RolesClient(world.administrator)
      var role = try await roles.getRole(.init(name: "roles/manager"))
      role.grants = []
      _ = try await roles.updateRole(.init(role: role, updateMask: .init(paths: ["grants"])))
    }
  }

  /// Changes the password as its owner would, from another session.
  private static func changePassword(_ world: World, _ user: String) async throws {
    guard let service = await world.identity.service else { return }
    let old = "a quiet harbour at dawn"
    let hash = try await service.parts.passwords.hash(Secret(old))
    try await service.parts.store.write(as: World.home) { db in
      try UserStore(db).setPassword(hash, of: String(user.dropFirst("users/".count)))
    }
    let owner = TestPrincipal.staff(.technician, user: user)
    _ = try await ProfilesClient(world.stage.caller("identity", as: owner)).changePassword(
      .init(
        oldPassword: old, newPassword: "another harbour at dusk",
        confirmNewPassword: "another harbour at dusk"))
  }
}

extension RPC.Method {
  fileprivate var needsPermission: Bool {
    if case .permission = access.callers { true } else { false }
  }
}
