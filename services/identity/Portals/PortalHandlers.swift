import Access
import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// The face of a portal, and the provider's choices for it.
struct PortalHandlers: PortalsService {
  let parts: IdentityParts

  func getPortal(
    _ request: Identity.GetPortalRequest, _ call: Call
  ) async throws -> Identity.Portal {
    try FieldProblems.check(request.tenant.isEmpty ? [.init("tenant", "is required")] : [])
    guard Tenant.isID(request.tenant) else { throw StoreError.notFound }
    return try await parts.store.read(as: TenantID(request.tenant)) { db in
      .init(try TenantStore(db).require(), try PortalStore(db).settings())
    }
  }

  func getPortalSettings(
    _ request: Identity.GetPortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings {
    let scope = try call.scope
    return try await call.read(in: parts.store) { [parts] db in
      try scope.requireWholeTenant()
      return .init(
        try PortalStore(db).settings(), url: parts.origin.origin(of: db.tenant))
    }
  }

  func updatePortalSettings(
    _ request: Identity.UpdatePortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings {
    let wanted = request.portalSettings ?? .init()
    let mask = try UpdateMask(
      request.updateMask ?? .init(paths: ["*"]), of: wanted, allowing: PortalSettings.fields)
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { [parts] db in
      let portals = PortalStore(db)
      let old = try portals.settings()
      try Etag(version: old.version).require(wanted.etag)
      var settings = old
      settings.take(wanted) { mask.contains($0) }
      try FieldProblems.check(settings.problems)
      let saved = try portals.save(settings, in: scope)
      if old.isActive, !saved.isActive { try Revocation(db).everythingOfCustomers() }
      try db.audit(
        "portal_settings.update", on: "portalSettings", by: actor, before: old.audited,
        after: saved.audited)
      try db.emit(.portalSettingsUpdated, on: "portalSettings")
      return .init(saved, url: parts.origin.origin(of: db.tenant))
    }
  }

  func getPasswordPolicy(
    _ request: Identity.GetPasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy {
    try await call.read(in: parts.store) { db in .init(try PortalStore(db).policy()) }
  }

  func updatePasswordPolicy(
    _ request: Identity.UpdatePasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy {
    let wanted = request.passwordPolicy ?? .init()
    let mask = try UpdateMask(
      request.updateMask ?? .init(paths: ["*"]), of: wanted, allowing: PasswordPolicy.fields)
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: parts.store) { db in
      let portals = PortalStore(db)
      let old = try portals.policy()
      try Etag(version: old.version).require(wanted.etag)
      var policy = old
      policy.take(wanted) { mask.contains($0) }
      try FieldProblems.check(policy.problems)
      let saved = try portals.save(policy, in: scope)
      try db.audit(
        "password_policy.update", on: "passwordPolicy", by: actor, before: old.audited,
        after: saved.audited)
      try db.emit(.passwordPolicyUpdated, on: "passwordPolicy")
      return .init(saved)
    }
  }
}

extension PortalSettings {
  /// What a mask may name. The last two are read only: given back as they were read, they change nothing.
  fileprivate static let fields = [
    "active", "sign_up_allowed", "sign_up_notification_emails", "portal_name", "contact_email",
    "contact_phone", "brand_color", "social_links", "name", "portal_url",
  ]

  fileprivate mutating func take(
    _ message: Identity.PortalSettings, _ isWanted: (String) -> Bool
  ) {
    if isWanted("active") { isActive = message.active }
    if isWanted("sign_up_allowed") { allowsSignUp = message.signUpAllowed }
    if isWanted("sign_up_notification_emails") {
      signUpNotificationEmails = message.signUpNotificationEmails.map(\.trimmed)
    }
    if isWanted("portal_name") { portalName = message.portalName.trimmed }
    if isWanted("contact_email") { contactEmail = message.contactEmail.trimmed }
    if isWanted("contact_phone") { contactPhone = message.contactPhone.trimmed }
    if isWanted("brand_color") { brandColor = message.brandColor.trimmed }
    if isWanted("social_links") {
      socialLinks = message.socialLinks.map { .init(network: $0.network, url: $0.url.trimmed) }
    }
  }

  fileprivate var audited: [String: String] {
    [
      "active": "\(isActive)", "sign_up_allowed": "\(allowsSignUp)", "portal_name": portalName,
      "contact_email": contactEmail, "contact_phone": contactPhone, "brand_color": brandColor,
      "social_links": socialLinks.map(\.url).joined(separator: " "),
    ]
  }
}

extension PasswordPolicy {
  /// What a mask may name. The last two are read only: given back as they were read, they change nothing.
  fileprivate static let fields = [
    "min_length", "require_upper_and_lower_case", "require_digit", "require_symbol", "name",
    "descriptions",
  ]

  fileprivate mutating func take(
    _ message: Identity.PasswordPolicy, _ isWanted: (String) -> Bool
  ) {
    if isWanted("min_length") { minLength = Int(message.minLength) }
    if isWanted("require_upper_and_lower_case") {
      requiresBothCases = message.requireUpperAndLowerCase
    }
    if isWanted("require_digit") { requiresDigit = message.requireDigit }
    if isWanted("require_symbol") { requiresSymbol = message.requireSymbol }
  }

  fileprivate var audited: [String: String] {
    [
      "min_length": "\(minLength)", "require_upper_and_lower_case": "\(requiresBothCases)",
      "require_digit": "\(requiresDigit)", "require_symbol": "\(requiresSymbol)",
    ]
  }
}

extension Identity.Portal {
  /// An inactive portal still says whose it is: staff sign in there to switch it on again.
  fileprivate init(_ tenant: Tenant, _ settings: PortalSettings) {
    self.init(
      tenant: tenant.id.rawValue,
      displayName: settings.portalName.isEmpty ? tenant.displayName : settings.portalName,
      active: settings.isActive, signUpAllowed: settings.isActive && settings.allowsSignUp,
      contactEmail: settings.contactEmail, contactPhone: settings.contactPhone,
      brandColor: settings.brandColor, timeZone: tenant.timeZone,
      socialLinks: settings.socialLinks.map { .init(network: $0.network, url: $0.url) })
  }
}

extension Identity.PortalSettings {
  fileprivate init(_ settings: PortalSettings, url: String) {
    self.init(
      name: "portalSettings", active: settings.isActive, signUpAllowed: settings.allowsSignUp,
      signUpNotificationEmails: settings.signUpNotificationEmails,
      portalName: settings.portalName, contactEmail: settings.contactEmail,
      contactPhone: settings.contactPhone, brandColor: settings.brandColor,
      socialLinks: settings.socialLinks.map { .init(network: $0.network, url: $0.url) },
      portalURL: url, etag: Etag(version: settings.version).description)
  }
}

extension Identity.PasswordPolicy {
  init(_ policy: PasswordPolicy) {
    self.init(
      name: "passwordPolicy", minLength: Int32(policy.minLength),
      requireUpperAndLowerCase: policy.requiresBothCases, requireDigit: policy.requiresDigit,
      requireSymbol: policy.requiresSymbol, descriptions: policy.descriptions,
      etag: Etag(version: policy.version).description)
  }
}
