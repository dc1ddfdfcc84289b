import Foundation
import PorticoAPI
import RPC
import Values

/// Opens the demo's portals and lets everybody in, as an operator, an administrator and the people
/// themselves would do it.
struct DemoSetup {
  let stage: DemoStage
  private let administrator = DemoTenant.staff[0]

  init(stage: DemoStage) { self.stage = stage }

  // MARK: The provider

  func provider() async throws {
    try await open(
      DemoTenant.id, DemoTenant.displayName, administrator, timeZone: DemoTenant.timeZone,
      currency: DemoTenant.currency)
    try await settings()
    for member in DemoTenant.staff.dropFirst() { try await join(member) }
    try await catalogue()
  }

  private func open(
    _ tenant: String, _ displayName: String, _ first: DemoTenant.Staff, timeZone: String,
    currency: String
  ) async throws {
    _ = try await TenantsClient(stage.service("identity")).createTenant(
      .init(
        tenantID: tenant,
        tenant: .init(displayName: displayName, timeZone: timeZone, currency: currency),
        administrator: .init(
          userName: first.id, email: first.email, firstName: first.firstName,
          lastName: first.lastName), requestID: "demo-\(tenant)"),
      CallOptions().asService(in: TenantID(tenant)))
    try await stage.welcome(first.id, mailedAt: first.email, in: tenant)
  }

  private func settings() async throws {
    let portals = PortalsClient(try stage.service("identity"))
    let options = try stage.by(administrator.id)
    var settings = try await portals.getPortalSettings(.init(), options)
    settings.portalName = DemoTenant.displayName
    settings.contactEmail = DemoTenant.contactEmail
    settings.contactPhone = DemoTenant.contactPhone
    settings.brandColor = DemoTenant.brandColor
    settings.active = true
    _ = try await portals.updatePortalSettings(.init(portalSettings: settings), options)
    var policy = try await portals.getPasswordPolicy(.init(), options)
    policy.minLength = 12
    policy.requireDigit = true
    _ = try await portals.updatePasswordPolicy(.init(passwordPolicy: policy), options)

    let administration = TicketAdministrationClient(try stage.service("ticketing"))
    var tickets = try await administration.getTicketSettings(.init(), options)
    tickets.submissionAllowed = true
    tickets.showTimeEntries = true
    tickets.submissionNotificationEmails = [DemoTenant.contactEmail]
    tickets.addTicketText =
      "Describe what you see and since when. If nobody can work, choose Urgent and ring us as well: "
      + DemoTenant.contactPhone + "."
    tickets.addTicketTextActive = true
    tickets.reopenDays = 14
    _ = try await administration.updateTicketSettings(.init(ticketSettings: tickets), options)
  }

  private func join(_ member: DemoTenant.Staff) async throws {
    _ = try await UsersClient(stage.service("identity")).createUser(
      .init(
        userID: member.id,
        user: .init(
          userName: member.id, kind: .staff, firstName: member.firstName,
          lastName: member.lastName, email: member.email, role: member.role),
        requestID: "demo-\(member.id)"), stage.by(administrator.id))
    try await stage.welcome(member.id, mailedAt: member.email)
  }

  private func catalogue() async throws {
    let catalog = CatalogClient(try stage.service("ticketing"))
    for entry in DemoCatalogue.entries {
      let parent = entry.parent.map {
        "catalogEntries/\(DemoCatalogue.entryID($0, .issueType))"
      }
      _ = try await catalog.createCatalogEntry(
        .init(
          catalogEntryID: DemoCatalogue.entryID(entry.id, entry.kind),
          catalogEntry: .init(
            kind: .init(entry.kind), displayName: entry.displayName, parent: parent ?? "",
            rank: entry.rank, isDefault: entry.isDefault),
          requestID: "demo-\(entry.kind)-\(entry.id)"), stage.by(administrator.id))
    }
  }

  // MARK: Customers

  func customer(_ customer: DemoTenant.Customer) async throws {
    try await enter(
      customer, of: DemoTenant.id, by: administrator.id, timeZone: DemoTenant.timeZone,
      currency: DemoTenant.currency)
  }

  private func enter(
    _ customer: DemoTenant.Customer, of tenant: String, by staff: String, timeZone: String,
    currency: String
  ) async throws {
    let options = { try stage.by(staff, in: tenant) }
    let accounts = AccountsClient(try stage.service("identity"))
    let parent = "accounts/\(customer.id)"
    let first = customer.places[0]
    _ = try await accounts.createAccount(
      .init(
        accountID: customer.id,
        account: .init(
          displayName: customer.displayName, email: "office@\(customer.domain)",
          phone: customer.phone, address: .init(first), currency: currency, timeZone: timeZone,
          locale: "en-IE"), requestID: "demo-\(customer.id)"), options())
    for place in customer.places {
      _ = try await accounts.createSite(
        .init(
          parent: parent, siteID: place.id,
          site: .init(displayName: place.displayName, address: .init(place)),
          requestID: "demo-\(customer.id)-\(place.id)"), options())
    }
    for person in customer.people {
      try await enter(person, of: customer, in: tenant, options)
    }
    let assets = AssetsClient(try stage.service("ticketing"))
    for device in customer.devices {
      _ = try await assets.createAsset(
        .init(
          parent: parent, assetID: device.id,
          asset: .init(
            kind: device.isHardware ? .hardware : .software, displayName: device.displayName,
            identifier: device.identifier, site: device.site.map { "\(parent)/sites/\($0)" } ?? ""),
          requestID: "demo-\(device.id)"), options())
    }
  }

  private func enter(
    _ person: DemoTenant.Person, of customer: DemoTenant.Customer, in tenant: String,
    _ options: () throws -> CallOptions
  ) async throws {
    let contacts = ContactsClient(try stage.service("identity"))
    let parent = "accounts/\(customer.id)"
    let email = "\(person.id)@\(customer.domain)"
    let contact = try await contacts.createContact(
      .init(
        parent: parent, contactID: person.id,
        contact: .init(
          firstName: person.firstName, lastName: person.lastName, email: email,
          phone: customer.phone, jobTitle: person.jobTitle,
          site: person.site.map { "\(parent)/sites/\($0)" } ?? ""),
        requestID: "demo-\(customer.id)-contact-\(person.id)"), options())
    guard let role = person.role else { return }
    _ = try await contacts.updatePortalAccess(
      .init(
        name: contact.name, enabled: true, userName: email, role: role, etag: contact.etag,
        requestID: "demo-\(customer.id)-access-\(person.id)"), options())
    try await stage.welcome(email, mailedAt: email, in: tenant)
  }

  // MARK: The second provider

  func otherProvider() async throws {
    let other = DemoTenant.Other.administrator
    try await open(
      DemoTenant.Other.id, DemoTenant.Other.displayName, other, timeZone: "Europe/London",
      currency: "GBP")
    try await enter(
      DemoTenant.Other.customer, of: DemoTenant.Other.id, by: other.id, timeZone: "Europe/London",
      currency: "GBP")
    _ = try await TicketsClient(stage.service("ticketing")).createTicket(
      .init(
        parent: "accounts/\(DemoTenant.Other.customer.id)",
        ticket: .init(
          title: "Till drawer does not open", details: "It opens with the key only, since Friday."),
        requestID: "demo-other-ticket"),
      stage.by("mina@\(DemoTenant.Other.customer.domain)", in: DemoTenant.Other.id))
  }
}

extension Identity.PostalAddress {
  fileprivate init(_ place: DemoTenant.Place) {
    self.init(
      street: place.street, city: place.city, postalCode: place.postalCode,
      country: place.city == "London" ? "GB" : "IE")
  }
}

extension Ticketing.CatalogKind {
  fileprivate init(_ kind: DemoCatalogue.Kind) {
    switch kind {
    case .category: self = .category
    case .ticketType: self = .ticketType
    case .priority: self = .priority
    case .issueType: self = .issueType
    case .subIssueType: self = .subIssueType
    }
  }
}
