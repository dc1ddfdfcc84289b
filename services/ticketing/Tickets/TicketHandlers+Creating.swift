import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Raising and classifying tickets.
extension TicketHandlers {
  func createTicket(
    _ request: Ticketing.CreateTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    let account = try ResourceName(request.parent, "accounts/*", field: "parent")["accounts"]
    let viewer = try Viewer(call)
    guard viewer.scope.reaches(account: account) else { throw StoreError.notFound }
    let draft = try await draft(request.ticket ?? .init(), account: account, viewer: viewer)
    let uploads = try uploadIDs(request.uploads)
    let assignee = try await defaultAssignee(viewer)
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let settings = try TicketSettingsStore(db).settings()
      guard viewer.side == .staff || settings.submissionAllowed else {
        throw Status(
          .failedPrecondition, "new tickets are not taken here at present",
          details: [.reason("SUBMISSION_OFF", domain: "ticketing")])
      }
      let catalogue = try CatalogEntryStore(db).catalogue(of: draft.wish.ids)
      let ticket = try raise(
        draft.ticket(
          number: TicketStore(db).nextNumber(), catalogue: catalogue, assets: AssetStore(db),
          at: db.now), for: assignee, settings, by: viewer, in: db)
      let files = try attach(
        uploads, to: ticket, note: nil, visibility: .public, by: viewer, in: db)
      return try shown(
        ticket, with: files.sorted { $0.id < $1.id }, to: viewer, settings, catalogue,
        in: db)
    }
  }

  /// Enters a new ticket: whom the settings name gets it (S-067), and everybody hears of it who is to.
  func raise(
    _ draft: Ticket, for assignee: Directory.Member?, _ settings: TicketSettings,
    by viewer: Viewer, in db: Transaction
  ) throws -> Ticket {
    var ticket = draft
    let letters = TicketLetters(db, origin: origin)
    if let assignee, assignee.named.id == settings.defaultAssignee {
      try ticket.assign(to: assignee.named, due: nil, at: db.now)
    }
    try TicketStore(db).insert(ticket, in: viewer.scope)
    try db.record(.ticketCreated, ticket, by: viewer.actor)
    try letters.created(ticket, settings: settings)
    if let assignee, ticket.assignee != nil {
      try letters.assigned(ticket, to: assignee, by: viewer.principal, isNew: true)
    }
    return ticket
  }

  func updateTicket(
    _ request: Ticketing.UpdateTicketRequest, _ call: Call
  ) async throws -> Ticketing.Ticket {
    var message = request.ticket ?? .init()
    let mask = try UpdateMask(
      request.updateMask, of: message,
      allowing: [
        "title", "category", "type", "priority", "issue_type", "sub_issue_type", "site",
        "hardware_asset", "software_asset",
      ])
    message.forget(besides: mask)
    let name = try ResourceName(message.name, "accounts/*/tickets/*", field: "ticket.name")
    var check = Violations()
    let title = check.text(
      message.title, "ticket.title", limit: 200, required: mask.contains("title"))
    try check.end()
    let wish = try Catalogue.Wish(message)
    let site = try await site(of: message, account: name["accounts"])
    let assets = try AssetWish(message, account: name["accounts"])
    return try await change(
      message.name, field: "ticket.name", etag: message.etag, .ticketClassified, call
    ) { ticket, _, db in
      if mask.contains("title") { ticket.title = title }
      if mask.contains("site") { ticket.site = site }
      var merged = Catalogue.Wish(ticket.classification)
      if mask.contains("category") { merged.category = wish.category }
      if mask.contains("type") { merged.type = wish.type }
      if mask.contains("priority") { merged.priority = wish.priority }
      if mask.contains("issue_type") {
        merged.issueType = wish.issueType
        merged.subIssueType = nil
      }
      if mask.contains("sub_issue_type") { merged.subIssueType = wish.subIssueType }
      ticket.classification = try CatalogEntryStore(db).catalogue()
        .classification(merged, kept: ticket.classification).get()
      let chosen = AssetWish(
        hardware: mask.contains("hardware_asset") ? assets.hardware : ticket.hardwareAsset,
        software: mask.contains("software_asset") ? assets.software : ticket.softwareAsset)
      try chosen.check(account: ticket.account, in: AssetStore(db))
      ticket.hardwareAsset = chosen.hardware
      ticket.softwareAsset = chosen.software
      ticket.touch(db.now)
    }
  }

  /// What a caller wants to raise, checked as far as it can be without the database.
  private func draft(
    _ message: Ticketing.Ticket, account: String, viewer: Viewer
  ) async throws -> TicketDraft {
    var check = Violations()
    let title = check.text(message.title, "ticket.title", limit: 200)
    let details = check.text(
      message.details, "ticket.details", limit: 20_000, required: false, multiline: true)
    try check.end()
    let person = try await contactPerson(message.contact, account: account, viewer: viewer)
    var site = try await site(of: message, account: account)
    func isAllowed(_ site: String?) -> Bool {
      viewer.scope.allows(account: account, site: site, contact: person.contact.id)
    }
    if site == nil, !isAllowed(nil), let own = person.site, isAllowed(own) {
      site = try await directory.site(own, of: account)
    }
    guard isAllowed(site?.id) else {
      throw Status.invalid("ticket.site", "must be one of your sites")
    }
    return TicketDraft(
      account: account, person: person, site: site, title: title, details: details,
      wish: try .init(message),
      assets: try .init(message, account: account), source: viewer.side == .staff ? .staff : .portal
    )
  }

  /// The contact person: the caller's own contact unless another one is named (S-092).
  private func contactPerson(
    _ name: String, account: String, viewer: Viewer
  ) async throws -> Directory.Person {
    var id = viewer.contact(in: account)
    if !name.isEmpty {
      let named = try ResourceName(name, "accounts/*/contacts/*", field: "ticket.contact")
      guard named["accounts"] == account else {
        throw Status.invalid("ticket.contact", "is not a contact of this account")
      }
      id = named["contacts"]
    }
    guard let id else { throw Status.invalid("ticket.contact", "is required") }
    guard viewer.mayName(contact: id, in: account) else {
      throw Status.invalid("ticket.contact", "must be yourself")
    }
    guard let person = try await directory.contact(id, of: account, for: viewer.principal) else {
      throw Status.invalid("ticket.contact", "is not a contact of this account")
    }
    return person
  }

  private func site(of message: Ticketing.Ticket, account: String) async throws -> Ticket.Named? {
    guard !message.site.isEmpty else { return nil }
    let name = try ResourceName(message.site, "accounts/*/sites/*", field: "ticket.site")
    guard name["accounts"] == account,
      let site = try await directory.site(name["sites"], of: account)
    else { throw Status.invalid("ticket.site", "is not a site of this account") }
    return site
  }

  /// Who gets portal tickets by the settings, looked up before the transaction; nil once they left.
  func defaultAssignee(_ viewer: Viewer) async throws -> Directory.Member? {
    guard viewer.side == .customer else { return nil }
    let settings = try await store.read(as: viewer.principal.tenant) { db in
      try TicketSettingsStore(db).settings()
    }
    guard let assignee = settings.defaultAssignee else { return nil }
    return try await directory.staff(assignee, for: viewer.principal)
  }
}

/// A ticket before it has a number.
struct TicketDraft: Sendable {
  var account: String
  var person: Directory.Person
  var site: Ticket.Named?
  var title: String
  var details: String
  var wish: Catalogue.Wish
  var assets: AssetWish
  var source: Ticket.Source

  func ticket(
    number: Int64, catalogue: Catalogue, assets store: AssetStore, at now: Instant
  ) throws -> Ticket {
    try assets.check(account: account, in: store)
    return Ticket(
      number: number, account: account, accountDisplayName: person.accountDisplayName, site: site,
      contact: person.contact, title: title, details: details, state: .new, source: source,
      classification: try catalogue.classification(wish).get(), hardwareAsset: assets.hardware,
      softwareAsset: assets.software, assignee: nil, due: nil, created: now, updatedPublic: now,
      updated: now, firstResponse: nil, resolved: nil, closed: nil, follows: nil,
      publicNoteCount: 0, internalNoteCount: 0, version: 1, publicVersion: 1)
  }
}

/// The assets that a ticket names, by id.
struct AssetWish: Sendable {
  var hardware: String?
  var software: String?

  init(hardware: String?, software: String?) {
    self.hardware = hardware
    self.software = software
  }

  init(_ message: Ticketing.Ticket, account: String) throws {
    hardware = try Self.id(message.hardwareAsset, "ticket.hardware_asset", account)
    software = try Self.id(message.softwareAsset, "ticket.software_asset", account)
  }

  private static func id(_ name: String, _ field: String, _ account: String) throws -> String? {
    guard !name.isEmpty else { return nil }
    let name = try ResourceName(name, "accounts/*/assets/*", field: field)
    guard name["accounts"] == account else {
      throw Status.invalid(field, "is not an asset of this account")
    }
    return name["assets"]
  }

  /// Both exist in the account and are of the right kind.
  func check(account: String, in store: AssetStore) throws {
    let known = try store.assets(
      account: account, ids: [hardware, software].compactMap(\.self),
      in: Scope(tenant: store.db.tenant, reach: .tenant))
    var check = Violations()
    if let hardware {
      check.require(
        known[hardware]?.kind == .hardware, "ticket.hardware_asset",
        "is not hardware of this account")
    }
    if let software {
      check.require(
        known[software]?.kind == .software, "ticket.software_asset",
        "is not software of this account")
    }
    try check.end()
  }
}

extension Catalogue.Wish {
  init(_ kept: Ticket.Classification) {
    self.init(
      category: kept.category, type: kept.type, priority: kept.priority,
      issueType: kept.issueType, subIssueType: kept.subIssueType)
  }

  init(_ message: Ticketing.Ticket) throws {
    func id(_ choice: Ticketing.Choice?, _ field: String) throws -> String? {
      guard let choice, !choice.name.isEmpty else { return nil }
      return try ResourceName(choice.name, "catalogEntries/*", field: "ticket.\(field)")[
        "catalogEntries"]
    }
    self.init(
      category: try id(message.category, "category"), type: try id(message.type, "type"),
      priority: try id(message.priority, "priority"),
      issueType: try id(message.issueType, "issue_type"),
      subIssueType: try id(message.subIssueType, "sub_issue_type"))
  }
}

extension Ticketing.Ticket {
  /// Drops what an update does not name, so that it is not looked at either.
  fileprivate mutating func forget(besides mask: UpdateMask) {
    if !mask.contains("title") { title = "" }
    if !mask.contains("site") { site = "" }
    if !mask.contains("category") { category = nil }
    if !mask.contains("type") { type = nil }
    if !mask.contains("priority") { priority = nil }
    if !mask.contains("issue_type") { issueType = nil }
    if !mask.contains("sub_issue_type") { subIssueType = nil }
    if !mask.contains("hardware_asset") { hardwareAsset = "" }
    if !mask.contains("software_asset") { softwareAsset = "" }
  }
}

extension Catalogue.Problems: StatusConvertible {
  var status: Status {
    var check = Violations()
    for problem in list {
      switch problem {
      case .unknown(let kind): check.add("ticket.\(kind.field)", "is not offered")
      case .subIssueOfAnotherIssue:
        check.add("ticket.sub_issue_type", "does not belong to the issue type")
      }
    }
    return check.status
  }
}

extension CatalogEntry.Kind {
  fileprivate var field: String {
    switch self {
    case .category: "category"
    case .ticketType: "type"
    case .priority: "priority"
    case .issueType: "issue_type"
    case .subIssueType: "sub_issue_type"
    }
  }
}
