import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// Organizations and their sites over the wire.
struct AccountHandlers: AccountsService {
  let parts: IdentityParts

  func listAccounts(
    _ request: Identity.ListAccountsRequest, _ call: Call
  ) async throws -> Identity.ListAccountsResponse {
    let scope = try call.scope
    let query = request.query
    let page = try request.page([query], in: scope)
    return try await call.read(in: parts.store) { db in
      let accounts = AccountStore(db)
      let found = try accounts.accounts(page, query: query, in: scope)
      return .init(
        accounts: found.items.map(Identity.Account.init), nextPageToken: found.nextToken,
        totalSize: Int32(clamping: try accounts.total(query: query, in: scope)))
    }
  }

  func getAccount(
    _ request: Identity.GetAccountRequest, _ call: Call
  ) async throws -> Identity.Account {
    let name = try ResourceName(request.name, "accounts/*")
    let scope = try call.scope
    return try await call.read(in: parts.store) { db in
      .init(try AccountStore(db).account(name["accounts"], in: scope))
    }
  }

  func createAccount(
    _ request: Identity.CreateAccountRequest, _ call: Call
  ) async throws -> Identity.Account {
    let wanted = request.account ?? .init()
    var account = Account(id: "", displayName: "", created: call.now)
    account.take(wanted) { _ in true }
    try FieldProblems.check(
      ResourceID.problems(request.accountID, "account_id") + account.problems)
    let draft = account
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      db in
      let tenant = try TenantStore(db).require()
      let accounts = AccountStore(db)
      var account = draft
      if account.currency.isEmpty { account.currency = tenant.currency }
      if account.timeZone.isEmpty { account.timeZone = tenant.timeZone }
      account.id = try Self.id(
        request.accountID, ResourceID.made(from: draft.displayName, fallback: "account"),
        isTaken: accounts.exists, AccountError.accountIDTaken)
      let saved = try accounts.insert(account, in: scope)
      try db.audit("account.create", on: saved.name, by: actor, after: saved.audited)
      try db.emit(.accountCreated, on: saved.name, at: EventPlace(account: saved.id))
      return .init(saved)
    }
  }

  func updateAccount(
    _ request: Identity.UpdateAccountRequest, _ call: Call
  ) async throws -> Identity.Account {
    let wanted = request.account ?? .init()
    let name = try ResourceName(wanted.name, "accounts/*", field: "account.name")
    let mask = try UpdateMask(request.updateMask, of: wanted, allowing: Account.editable)
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { db in
      let accounts = AccountStore(db)
      let old = try accounts.account(name["accounts"], in: scope)
      try Etag(version: old.version).require(wanted.etag)
      var account = old
      account.take(wanted) { mask.touches($0) }
      try FieldProblems.check(account.problems)
      let saved = try accounts.save(account, in: scope)
      try db.audit(
        "account.update", on: saved.name, by: actor, before: old.audited, after: saved.audited)
      try db.emit(.accountUpdated, on: saved.name, at: EventPlace(account: saved.id))
      return .init(saved)
    }
  }

  func listSites(
    _ request: Identity.ListSitesRequest, _ call: Call
  ) async throws -> Identity.ListSitesResponse {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    let scope = try call.scope
    let page = try request.page([parent.text], in: scope)
    return try await call.read(in: parts.store) { db in
      let account = try AccountStore(db).account(parent["accounts"], in: scope)
      let sites = try SiteStore(db).sites(of: account.id, page, in: scope)
      return .init(
        sites: sites.items.map(Identity.Site.init), nextPageToken: sites.nextToken)
    }
  }

  func createSite(
    _ request: Identity.CreateSiteRequest, _ call: Call
  ) async throws -> Identity.Site {
    let parent = try ResourceName(request.parent, "accounts/*", field: "parent")
    let wanted = request.site ?? .init()
    let draft = Site(
      account: parent["accounts"], id: "", displayName: wanted.displayName.trimmed,
      address: PostalAddress(wanted.address), phone: wanted.phone.trimmed, created: call.now)
    try FieldProblems.check(ResourceID.problems(request.siteID, "site_id") + draft.problems)
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.once(in: parts.store, request: request, requestID: request.requestID) {
      db in
      let account = try AccountStore(db).account(draft.account, in: scope)
      let sites = SiteStore(db)
      var site = draft
      site.id = try Self.id(
        request.siteID, ResourceID.made(from: draft.displayName, fallback: "site"),
        isTaken: { try sites.exists($0, of: account.id) }, AccountError.siteIDTaken)
      try sites.insert(site, in: scope)
      let name = "accounts/\(account.id)/sites/\(site.id)"
      try db.audit("site.create", on: name, by: actor, after: ["display_name": site.displayName])
      try db.emit(.siteCreated, on: name, at: EventPlace(account: account.id, site: site.id))
      return .init(site)
    }
  }

  /// A chosen id, unless it is taken, or the first free one that the display name suggests.
  private static func id(
    _ chosen: String, _ suggested: String, isTaken: (String) throws -> Bool, _ taken: AccountError
  ) throws -> String {
    guard !chosen.isEmpty else { return try ResourceID.firstFree(suggested, isTaken: isTaken) }
    guard try !isTaken(chosen) else { throw taken }
    return chosen
  }
}

extension Identity.ListAccountsRequest: PagedRequest {}
extension Identity.ListSitesRequest: PagedRequest {}

extension Account {
  fileprivate static let editable = [
    "display_name", "email", "phone", "address", "currency", "time_zone", "locale",
  ]

  var name: String { "accounts/\(id)" }

  /// Takes over the fields that `isWanted` names.
  fileprivate mutating func take(_ message: Identity.Account, _ isWanted: (String) -> Bool) {
    if isWanted("display_name") { displayName = message.displayName.trimmed }
    if isWanted("email") { email = message.email.trimmed }
    if isWanted("phone") { phone = message.phone.trimmed }
    if isWanted("address") { address = PostalAddress(message.address) }
    if isWanted("currency") { currency = message.currency }
    if isWanted("time_zone") { timeZone = message.timeZone }
    if isWanted("locale") { locale = message.locale.trimmed }
  }

  fileprivate var audited: [String: String] {
    [
      "display_name": displayName, "email": email, "phone": phone, "street": address.street,
      "city": address.city, "postal_code": address.postalCode, "region": address.region,
      "country": address.country, "currency": currency, "time_zone": timeZone, "locale": locale,
    ]
  }
}

extension PostalAddress {
  fileprivate init(_ message: Identity.PostalAddress?) {
    let message = message ?? .init()
    self.init(
      street: message.street.trimmed, city: message.city.trimmed,
      postalCode: message.postalCode.trimmed, region: message.region.trimmed,
      country: message.country.trimmed)
  }
}

extension Identity.PostalAddress {
  fileprivate init(_ address: PostalAddress) {
    self.init(
      street: address.street, city: address.city, postalCode: address.postalCode,
      region: address.region, country: address.country)
  }
}

extension Identity.Account {
  fileprivate init(_ account: Account) {
    self.init(
      name: account.name, displayName: account.displayName, email: account.email,
      phone: account.phone, address: .init(account.address), currency: account.currency,
      timeZone: account.timeZone, locale: account.locale, archived: account.isArchived,
      createTime: .init(account.created), etag: Etag(version: account.version).description,
      contactCount: Int32(clamping: account.contactCount))
  }
}

extension Identity.Site {
  fileprivate init(_ site: Site) {
    self.init(
      name: "accounts/\(site.account)/sites/\(site.id)", displayName: site.displayName,
      address: .init(site.address), phone: site.phone, createTime: .init(site.created))
  }
}

extension AccountError: StatusConvertible {
  var status: Status {
    switch self {
    case .accountIDTaken:
      Status(.alreadyExists, "an account has this id already", reason: "ACCOUNT_ID_TAKEN")
    case .siteIDTaken:
      Status(.alreadyExists, "a site has this id already", reason: "SITE_ID_TAKEN")
    }
  }
}
