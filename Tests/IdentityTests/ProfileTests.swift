import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct ProfileTests {
  @Test(
    "S-016 S-083 S-216: a customer changes names, phones and landing page; staff see it")
  func updates() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let contact = try await provider.customer()
      let profiles = ProfilesClient(try await provider.caller(try await provider.signIn("ada")))
      let old = try await profiles.getProfile(.init())
      #expect(old.userName == "ada")
      #expect(old.memberships.first?.accountDisplayName == "Acme")
      #expect(old.quickTickets)
      let saved = try await profiles.updateProfile(
        .init(
          profile: .init(
            userName: "Countess", lastName: "King", mobile: "+44 1",
            landingPage: "/tickets", timeZone: "Europe/London", etag: old.etag)))
      #expect(saved.userName == "Countess")
      #expect(saved.landingPage == "/tickets")
      #expect(saved.displayName == "Ada King")
      let shown = try await provider.contacts.getContact(.init(name: contact.name))
      #expect(shown.lastName == "King")
      #expect(shown.mobile == "+44 1")
      _ = try await provider.signIn("countess")
      let stale = try await status {
        try await profiles.updateProfile(.init(profile: .init(phone: "1", etag: old.etag)))
      }
      #expect(stale.code == .aborted)
    }
  }

  @Test(
    "S-219: a landing page is one of the portal's own",
    arguments: ["//evil.test", "https://evil.test", "/\\evil", "tickets"])
  func landingPage(path: String) async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let profiles = ProfilesClient(try await provider.caller(try await provider.signIn("ada")))
      let refused = try await status {
        try await profiles.updateProfile(.init(profile: .init(landingPage: path)))
      }
      #expect(refused.violations.map(\.field) == ["profile.landing_page"])
    }
  }

  @Test("D-46: another's user name is refused by its field")
  func takenName() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let profiles = ProfilesClient(try await provider.caller(try await provider.signIn("ada")))
      let refused = try await status {
        try await profiles.updateProfile(.init(profile: .init(userName: "GRACE")))
      }
      #expect(refused.code == .alreadyExists)
      #expect(refused.violations.map(\.field) == ["profile.user_name"])
    }
  }

  @Test("S-015: Old, New and Confirm, each with its own complaint")
  func problems() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let profiles = ProfilesClient(try await provider.caller(try await provider.signIn("ada")))
      let refused = try await status {
        try await profiles.changePassword(
          .init(oldPassword: "wrong", newPassword: "short", confirmNewPassword: "other"))
      }
      #expect(refused.code == .invalidArgument)
      #expect(
        refused.violations.map(\.field) == ["old_password", "new_password", "confirm_new_password"])
      let same = try await status {
        try await profiles.changePassword(
          .init(
            oldPassword: Provider.password, newPassword: Provider.password,
            confirmNewPassword: Provider.password))
      }
      #expect(same.violations.map(\.field) == ["new_password"])
    }
  }

  @Test("X-06: a changed password ends every other session and keeps this one")
  func endsOthers() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let other = try await provider.signIn("ada")
      let mine = try await provider.signIn("ada")
      let profiles = ProfilesClient(try await provider.caller(mine))
      let new = "another harbour at dusk"
      let changed = try await profiles.changePassword(
        .init(oldPassword: Provider.password, newPassword: new, confirmNewPassword: new))
      #expect(changed.endedSessions == 1)
      #expect(try await status { try await provider.refresh(other.token) }.code == .unauthenticated)
      _ = try await provider.refresh(mine.token)
      #expect(try await status { try await provider.signIn("ada") }.code == .unauthenticated)
      _ = try await provider.signIn("ada", new)
    }
  }

  @Test("X-01: a borrowed session is no way to guess the password")
  func throttled() async throws {
    try await Provider.run { provider in
      try await provider.account()
      _ = try await provider.customer()
      let profiles = ProfilesClient(try await provider.caller(try await provider.signIn("ada")))
      let request = Identity.ChangePasswordRequest(
        oldPassword: "wrong", newPassword: "another harbour at dusk",
        confirmNewPassword: "another harbour at dusk")
      for _ in 0..<5 {
        #expect(
          try await status { try await profiles.changePassword(request) }.code == .invalidArgument)
      }
      #expect(
        try await status { try await profiles.changePassword(request) }.code == .resourceExhausted)
      // Whoever guesses there keeps nobody from signing in.
      _ = try await provider.signIn("ada")
    }
  }

  @Test("A service has no profile")
  func service() async throws {
    try await Provider.run { provider in
      let refused = try await status {
        try await ProfilesClient(provider.asGateway).getProfile(.init())
      }
      #expect(refused.code == .permissionDenied)
    }
  }
}
