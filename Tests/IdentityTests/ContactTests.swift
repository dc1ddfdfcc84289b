import Access
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values

@testable import IdentityService

@Suite struct ContactTests {
  @Test("S-007: contacts are filtered by portal access, found by words and counted")
  func lists() async throws {
    try await Provider.run { provider in
      try await provider.account("acme")
      try await provider.account("birch", name: "Birch")
      let ada = try await provider.contact("Ada", "Lovelace")
      _ = try await provider.contact("Bob", "Byte")
      _ = try await provider.contact("Cy", "Anders", account: "birch")
      try await provider.giveAccess(ada)
      func names(_ request: Identity.ListContactsRequest) async throws -> [String] {
        let found = try await provider.contacts.listContacts(request)
        #expect(Int(found.totalSize) == found.contacts.count)
        return found.contacts.map(\.displayName)
      }
      #expect(
        try await names(.init(parent: "accounts/-")) == [
          "Cy Anders", "Bob Byte", "Ada Lovelace",
        ])
      #expect(
        try await names(.init(parent: "accounts/-", portalAccess: .yes)) == ["Ada Lovelace"])
      #expect(
        try await names(.init(parent: "accounts/acme", portalAccess: .no)) == ["Bob Byte"])
      #expect(
        try await names(.init(parent: "accounts/-", query: "ACME.test ada")) == ["Ada Lovelace"])
      #expect(try await names(.init(parent: "accounts/-", query: "_")) == [])
      let page = try await provider.contacts.listContacts(.init(parent: "accounts/-", pageSize: 2))
      #expect(page.totalSize == 3)
      let rest = try await provider.contacts.listContacts(
        .init(parent: "accounts/-", pageSize: 2, pageToken: page.nextPageToken))
      #expect(rest.contacts.map(\.displayName) == ["Ada Lovelace"])
      #expect(rest.nextPageToken.isEmpty)
      #expect(rest.contacts.first?.accountDisplayName == "Acme")
    }
  }

  @Test("A contact's fields are checked, each by its name")
  func problems() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let refused = try await status {
        try await provider.contacts.createContact(
          .init(
            parent: "accounts/acme", contactID: "No!",
            contact: .init(
              firstName: " ", lastName: "x\u{202E}y", email: "ada@", phone: "1\n2")))
      }
      #expect(
        refused.violations.map(\.field) == [
          "contact_id", "contact.first_name", "contact.last_name", "contact.email", "contact.phone",
        ])
      let site = try await status {
        try await provider.contacts.createContact(
          .init(
            parent: "accounts/acme",
            contact: .init(
              firstName: "A", email: "a@b.test", site: "accounts/acme/sites/none")))
      }
      #expect(site.violations.map(\.field) == ["contact.site"])
      let absent = try await status { try await provider.contact(account: "none") }
      #expect(absent.code == .notFound)
    }
  }

  @Test("D-51: a custom role that reads its own contact reads no other")
  func scope() async throws {
    try await Provider.run { provider in
      try await provider.account("acme")
      try await provider.account("birch", name: "Birch")
      let ada = try await provider.contact("Ada", "Lovelace")
      let bob = try await provider.contact("Bob", "Byte")
      let cy = try await provider.contact("Cy", "Anders", account: "birch")
      func reader(_ reach: Reach) -> ContactsClient {
        var principal = TestPrincipal.customer(account: "acme", contact: "ada-lovelace")
        principal.memberships[0].grants = [Grant(Permission("CONTACTS_READ"), reach)]
        return ContactsClient(provider.stage.caller("identity", as: principal))
      }
      let own = reader(.own)
      #expect(try await own.getContact(.init(name: ada.name)).email == ada.email)
      let absent = try await status {
        try await own.getContact(.init(name: "accounts/acme/contacts/none"))
      }
      #expect(absent.code == .notFound)
      for name in [bob.name, cy.name] {
        #expect(try await status { try await own.getContact(.init(name: name)) } == absent)
      }
      let whole = reader(.account)
      #expect(try await whole.getContact(.init(name: bob.name)).email == bob.email)
      #expect(try await status { try await whole.getContact(.init(name: cy.name)) } == absent)
      #expect(try await whole.listContacts(.init(parent: "accounts/-")).totalSize == 2)
      #expect(
        try await status { try await whole.listContacts(.init(parent: "accounts/birch")) } == absent
      )
    }
  }

  @Test("Server-owned fields that a caller sends are ignored; etags guard an update")
  func serverOwned() async throws {
    try await Provider.run { provider in
      try await provider.account()
      let made = try await provider.contacts.createContact(
        .init(
          parent: "accounts/acme",
          contact: .init(
            name: "accounts/x/contacts/y", firstName: "Ada", lastName: "L", email: "ada@acme.test",
            portalAccess: .init(enabled: true, userName: "root", role: "roles/administrator"),
            archived: true)))
      #expect(made.name == "accounts/acme/contacts/ada-l")
      #expect(made.portalAccess == nil)
      #expect(!made.archived)
      let saved = try await provider.contacts.updateContact(
        .init(
          contact: .init(name: made.name, jobTitle: "Countess", etag: made.etag),
          updateMask: .init(paths: ["job_title"])))
      #expect(saved.jobTitle == "Countess")
      #expect(saved.firstName == "Ada")
      let stale = try await status {
        try await provider.contacts.updateContact(
          .init(contact: .init(name: made.name, jobTitle: "x", etag: made.etag)))
      }
      #expect(stale.code == .aborted)
    }
  }
}
