import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct RoleTests {
  @Test("S-028: built-in roles first, then the tenant's own; a page at a time")
  func lists() async throws {
    try await Provider.run { provider in
      for name in ["Zone lead", "Auditor"] {
        _ = try await provider.roles.createRole(.init(role: .init(displayName: name)))
      }
      var names: [String] = []
      var token = ""
      repeat {
        let page = try await provider.roles.listRoles(.init(pageSize: 3, pageToken: token))
        names += page.roles.map(\.displayName)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(names == BuiltInRole.all.map(\.displayName) + ["Auditor", "Zone lead"])
      let builtIn = try await provider.roles.getRole(.init(name: "roles/external-user"))
      #expect(builtIn.builtIn)
      #expect(builtIn.forCustomers)
      #expect(
        builtIn.grants.contains(.init(permission: .ticketsRead, reach: .own)))
    }
  }

  @Test(
    "S-036: roles are data: made, given, changed, felt at the next request, removed when free"
  )
  func life() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let made = try await provider.roles.createRole(
        .init(
          roleID: "viewer",
          role: .init(
            displayName: "Viewer",
            grants: [.init(permission: .ticketsRead, reach: .account)], forCustomers: true,
            quickTickets: true)))
      let contact = try await provider.customer(role: "roles/viewer")
      let session = try await provider.signIn("ada")
      #expect(session.profile?.quickTickets == true)
      #expect(session.profile?.permissions == ["TICKETS_READ"])
      let changed = try await provider.roles.updateRole(
        .init(
          role: .init(
            name: made.name,
            grants: [
              .init(permission: .ticketsRead, reach: .account),
              .init(permission: .profileWrite, reach: .own),
            ], etag: made.etag), updateMask: .init(paths: ["grants", "quick_tickets"])))
      let refreshed = try await provider.refresh(session.token)
      #expect(refreshed.profile?.permissions == ["PROFILE_WRITE", "TICKETS_READ"])
      #expect(refreshed.profile?.quickTickets == false)
      let held = try await status { try await provider.roles.deleteRole(.init(name: made.name)) }
      #expect(held.code == .failedPrecondition)
      try await provider.giveAccess(contact, userName: "ada", role: "roles/external-user")
      let stale = try await status {
        try await provider.roles.deleteRole(.init(name: made.name, etag: made.etag))
      }
      #expect(stale.code == .aborted)
      _ = try await provider.roles.deleteRole(.init(name: made.name, etag: changed.etag))
      #expect(
        try await status { try await provider.roles.getRole(.init(name: made.name)) }.code
          == .notFound)
    }
  }

  @Test("A built-in role is neither changed nor removed, and its id is taken")
  func builtIn() async throws {
    try await Provider.run { provider in
      let name = "roles/technician"
      let changed = try await status {
        try await provider.roles.updateRole(.init(role: .init(name: name, displayName: "T")))
      }
      #expect(changed.code == .failedPrecondition)
      let removed = try await status { try await provider.roles.deleteRole(.init(name: name)) }
      #expect(removed.code == .failedPrecondition)
      let taken = try await status {
        try await provider.roles.createRole(
          .init(roleID: "technician", role: .init(displayName: "T")))
      }
      #expect(taken.code == .alreadyExists)
    }
  }

  @Test("A customer's role never reaches beyond the account, nor holds what is staff's")
  func customersRole() async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await provider.roles.createRole(
          .init(
            role: .init(
              displayName: "X",
              grants: [
                .init(permission: .ticketsRead, reach: .tenant),
                .init(permission: .rolesWrite, reach: .own),
                .init(permission: .unrecognized(999), reach: .own),
              ], forCustomers: true)))
      }
      #expect(
        refused.violations.map(\.field) == [
          "role.grants[0].reach", "role.grants[1].permission", "role.grants[2].permission",
        ])
    }
  }

  @Test("Nobody gives more than they have, by a new role, a changed one or a member of staff")
  func beyondOwn() async throws {
    try await Provider.run { provider in
      let keeper = try await provider.roles.createRole(
        .init(
          roleID: "keeper",
          role: .init(
            displayName: "Keeper of roles",
            grants: [.rolesRead, .rolesWrite, .usersRead, .ticketsRead].map {
              .init(permission: $0, reach: .tenant)
            })))
      var principal = provider.administrator
      principal.user = "users/kim"
      principal.grants = keeper.grants.compactMap { grant in
        grant.permission.protoName.map { Grant(Permission($0), .tenant) }
      }
      let caller = provider.stage.caller("identity", as: principal)
      let (roles, users) = (RolesClient(caller), UsersClient(caller))
      let within = try await roles.createRole(
        .init(
          role: .init(
            displayName: "Reader", grants: [.init(permission: .ticketsRead, reach: .tenant)])))
      let attempts: [() async throws -> any Sendable] = [
        {
          try await roles.createRole(
            .init(
              role: .init(
                displayName: "Y", grants: [.init(permission: .invoicesRead, reach: .tenant)])))
        },
        {
          try await roles.updateRole(
            .init(
              role: .init(
                name: within.name, grants: [.init(permission: .auditRead, reach: .tenant)])))
        },
        {
          try await users.createUser(
            .init(
              user: .init(
                userName: "eve", email: "eve@northwind.test", role: "roles/administrator")))
        },
        {
          // The administrator's address would be as good as the administrator's password.
          try await users.updateUser(
            .init(user: .init(name: "users/grace-hopper", email: "eve@northwind.test")))
        },
      ]
      for (index, attempt) in attempts.enumerated() {
        let refused = try await status { try await attempt() }
        #expect(refused.code == .permissionDenied, "attempt \(index)")
      }
    }
  }
}
