import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct AccountTests {
  @Test("Accounts are listed by name, a page at a time, and found by words")
  func lists() async throws {
    try await Provider.run { provider in
      for name in ["Zenith", "ácme GmbH", "Birch & Co", "Acorn"] {
        _ = try await provider.accounts.createAccount(.init(account: .init(displayName: name)))
      }
      var names: [String] = []
      var token = ""
      repeat {
        let page = try await provider.accounts.listAccounts(.init(pageSize: 3, pageToken: token))
        #expect(page.totalSize == 4)
        names += page.accounts.map(\.displayName)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(names.count == 4)
      #expect(Set(names).count == 4)
      #expect(names.first == "Acorn")
      let found = try await provider.accounts.listAccounts(.init(query: "BIRCH co"))
      #expect(found.accounts.map(\.name) == ["accounts/birch-co"])
      #expect(try await provider.accounts.listAccounts(.init(query: "100%")).accounts.isEmpty)
      let foreign = try await provider.accounts.listAccounts(.init(pageSize: 1, query: "c"))
      let refused = try await status {
        try await provider.accounts.listAccounts(.init(pageToken: foreign.nextPageToken))
      }
      #expect(refused.code == .invalidArgument)
    }
  }

  @Test("A chosen id that is taken is refused; a made one finds its own")
  func ids() async throws {
    try await Provider.run { provider in
      try await provider.account("acme", name: "Acme")
      let refused = try await status { try await provider.account("acme", name: "Other") }
      #expect(refused.code == .alreadyExists)
      let second = try await provider.accounts.createAccount(
        .init(account: .init(name: "accounts/mine", displayName: "Acme", archived: true)))
      #expect(second.name == "accounts/acme-2")
      #expect(!second.archived)
      #expect(second.currency == "EUR")
      #expect(second.timeZone == "Europe/Berlin")
    }
  }

  @Test("An update changes the masked fields, and a stale etag nothing")
  func updates() async throws {
    try await Provider.run { provider in
      let old = try await provider.account()
      let saved = try await provider.accounts.updateAccount(
        .init(
          account: .init(
            name: old.name, displayName: "Ignored", phone: "1", etag: old.etag),
          updateMask: .init(paths: ["phone"])))
      #expect(saved.displayName == "Acme")
      #expect(saved.phone == "1")
      let stale = try await status {
        try await provider.accounts.updateAccount(
          .init(account: .init(name: old.name, phone: "2", etag: old.etag)))
      }
      #expect(stale.code == .aborted)
      let forbidden = try await status {
        try await provider.accounts.updateAccount(
          .init(account: .init(name: old.name), updateMask: .init(paths: ["archived"])))
      }
      #expect(forbidden.code == .invalidArgument)
      #expect(try await provider.auditActions().suffix(2) == ["account.create", "account.update"])
    }
  }

  @Test("D-51, D-50: another account, another tenant and nothing at all look the same")
  func scope() async throws {
    try await Provider.run { provider in
      try await provider.account("acme")
      try await provider.account("birch", name: "Birch")
      let other = try await provider.another("contoso")
      try await other.account("zenith", name: "Zenith")
      let ada = AccountsClient(
        provider.stage.caller("identity", as: TestPrincipal.customer(account: "acme")))
      #expect(try await ada.getAccount(.init(name: "accounts/acme")).displayName == "Acme")
      #expect(try await ada.listAccounts(.init()).accounts.map(\.name) == ["accounts/acme"])
      let absent = try await status { try await ada.getAccount(.init(name: "accounts/none")) }
      #expect(absent.code == .notFound)
      for name in ["accounts/birch", "accounts/zenith"] {
        #expect(try await status { try await ada.getAccount(.init(name: name)) } == absent)
        #expect(try await status { try await ada.listSites(.init(parent: name)) } == absent)
      }
      #expect(
        try await status { try await provider.accounts.getAccount(.init(name: "accounts/zenith")) }
          == absent)
    }
  }

  @Test("S-220: sites belong to an account and are listed by name")
  func sites() async throws {
    try await Provider.run { provider in
      try await provider.account()
      for name in ["North yard", "Head office"] {
        _ = try await provider.accounts.createSite(
          .init(parent: "accounts/acme", site: .init(displayName: name)))
      }
      let sites = try await provider.accounts.listSites(.init(parent: "accounts/acme"))
      #expect(
        sites.sites.map(\.name) == [
          "accounts/acme/sites/head-office", "accounts/acme/sites/north-yard",
        ])
      let taken = try await status {
        try await provider.accounts.createSite(
          .init(parent: "accounts/acme", siteID: "north-yard", site: .init(displayName: "N")))
      }
      #expect(taken.code == .alreadyExists)
    }
  }

  @Test("A repeated request id makes one account; with another body it is refused")
  func replay() async throws {
    try await Provider.run { provider in
      let request = Identity.CreateAccountRequest(
        account: .init(displayName: "Acme"), requestID: "r-1")
      let first = try await provider.accounts.createAccount(request)
      #expect(try await provider.accounts.createAccount(request) == first)
      #expect(try await provider.accounts.listAccounts(.init()).totalSize == 1)
      let reused = try await status {
        try await provider.accounts.createAccount(
          .init(account: .init(displayName: "Else"), requestID: "r-1"))
      }
      #expect(reused.code == .invalidArgument)
    }
  }

  @Test("A customer, whatever the role, changes no account")
  func customersRead() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let manager = AccountsClient(
        provider.stage.caller(
          "identity", as: TestPrincipal.customer(account: "acme", role: .externalManager)))
      let refused = try await status {
        try await manager.updateAccount(.init(account: .init(name: "accounts/acme", phone: "1")))
      }
      #expect(refused.code == .permissionDenied)
    }
  }
}
