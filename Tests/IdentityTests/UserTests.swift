import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct UserTests {
  private func technician(_ provider: Provider) async throws -> Identity.User {
    try await provider.users.createUser(
      .init(
        user: .init(
          userName: "tim", kind: .customer, firstName: "Tim", lastName: "Tech",
          email: "tim@northwind.test", role: "roles/technician")))
  }

  @Test("Staff are added with a mailed link, and sign in with their role")
  func creates() async throws {
    try await Provider.run { provider in
      let tim = try await technician(provider)
      #expect(tim.kind == .staff)
      #expect(tim.name == "users/tim-tech")
      try await provider.redeem(try await provider.token(mailedTo: tim.email))
      let session = try await provider.signIn("TIM")
      #expect(session.profile?.roleDisplayName == "Technician")
      #expect(session.profile?.memberships.isEmpty == true)
      let listed = try await provider.users.listUsers(.init(kind: .staff))
      #expect(listed.users.map(\.userName) == ["grace", "tim"])
      #expect(try await provider.users.listUsers(.init(kind: .customer)).users.isEmpty)
    }
  }

  @Test("D-46: a taken user name is refused by its field; a customer's role is none for staff")
  func refusals() async throws {
    try await Provider.run { provider in
      let taken = try await status {
        try await provider.users.createUser(
          .init(
            user: .init(userName: "GRACE", email: "g@northwind.test", role: "roles/technician")))
      }
      #expect(taken.code == .alreadyExists)
      #expect(taken.violations.map(\.field) == ["user.user_name"])
      let role = try await status {
        try await provider.users.createUser(
          .init(
            user: .init(userName: "x2", email: "g@northwind.test", role: "roles/external-user")))
      }
      #expect(role.violations.map(\.field) == ["user.role"])
    }
  }

  @Test("X-05, X-06: another role and disabling end the sessions at once")
  func changes() async throws {
    try await Provider.run { provider in
      let tim = try await technician(provider)
      try await provider.redeem(try await provider.token(mailedTo: tim.email))
      let first = try await provider.signIn("tim")
      let promoted = try await provider.users.updateUser(
        .init(user: .init(name: tim.name, role: "roles/billing-clerk", etag: tim.etag)))
      #expect(promoted.role == "roles/billing-clerk")
      #expect(try await status { try await provider.refresh(first.token) }.code == .unauthenticated)
      let stale = try await status {
        try await provider.users.updateUser(
          .init(user: .init(name: tim.name, phone: "1", etag: tim.etag)))
      }
      #expect(stale.code == .aborted)
      let second = try await provider.signIn("tim")
      _ = try await provider.users.updateUser(
        .init(user: .init(name: tim.name, disabled: true)))
      #expect(
        try await status { try await provider.refresh(second.token) }.code == .unauthenticated)
      #expect(try await status { try await provider.signIn("tim") }.code == .unauthenticated)
    }
  }

  @Test("The last administrator stays one; customers are changed through their contacts")
  func lastAdministrator() async throws {
    try await Provider.run { provider in
      for user in [
        Identity.User(name: "users/grace-hopper", disabled: true),
        Identity.User(name: "users/grace-hopper", role: "roles/technician"),
      ] {
        let refused = try await status { try await provider.users.updateUser(.init(user: user)) }
        #expect(refused.code == .failedPrecondition)
      }
      try await provider.account()
      let ada = try await provider.customer()
      let name = try #require(ada.portalAccess?.user)
      let refused = try await status {
        try await provider.users.updateUser(.init(user: .init(name: name, phone: "1")))
      }
      #expect(refused.code == .failedPrecondition)
    }
  }
}
