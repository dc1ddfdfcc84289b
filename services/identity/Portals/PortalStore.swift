import Foundation
import Store
import Values

/// A tenant's portal settings and its password policy: one row each.
struct PortalStore {
  let db: Transaction

  init(_ db: Transaction) { self.db = db }

  /// Open to everybody in the tenant, because sign-in and public pages depend on it.
  func settings() throws -> PortalSettings {
    let row = try db.first(
      "SELECT * FROM portal_settings WHERE tenant = \(db.tenant)", else: .notFound)
    return try PortalSettings(row)
  }

  func insert(_ settings: PortalSettings) throws {
    try db.run(
      """
      INSERT INTO portal_settings (tenant, is_active, allows_sign_up, sign_up_emails, portal_name,
        contact_email, contact_phone, brand_color, social_links, version)
      VALUES (\(db.tenant), \(settings.isActive), \(settings.allowsSignUp),
        \(settings.signUpNotificationEmails.joined(separator: "\n")), \(settings.portalName),
        \(settings.contactEmail), \(settings.contactPhone), \(settings.brandColor),
        \(try settings.socialLinksJSON()), \(1 as Int64))
      """)
  }

  /// Saves over the version that was read; throws `stale` when it has changed since.
  func save(_ settings: PortalSettings, in scope: Scope) throws -> PortalSettings {
    try scope.requireWholeTenant()
    try db.run(
      """
      UPDATE portal_settings SET is_active = \(settings.isActive),
        allows_sign_up = \(settings.allowsSignUp),
        sign_up_emails = \(settings.signUpNotificationEmails.joined(separator: "\n")),
        portal_name = \(settings.portalName), contact_email = \(settings.contactEmail),
        contact_phone = \(settings.contactPhone), brand_color = \(settings.brandColor),
        social_links = \(try settings.socialLinksJSON()), version = version + 1
      WHERE tenant = \(db.tenant) AND version = \(settings.version)
      """, else: .stale)
    return try self.settings()
  }

  func policy() throws -> PasswordPolicy {
    let row = try db.first(
      "SELECT * FROM password_policies WHERE tenant = \(db.tenant)", else: .notFound)
    return PasswordPolicy(
      minLength: try row["min_length"], requiresBothCases: try row["requires_both_cases"],
      requiresDigit: try row["requires_digit"], requiresSymbol: try row["requires_symbol"],
      version: try row["version"])
  }

  func insert(_ policy: PasswordPolicy) throws {
    try db.run(
      """
      INSERT INTO password_policies (tenant, min_length, requires_both_cases, requires_digit,
        requires_symbol, version)
      VALUES (\(db.tenant), \(policy.minLength), \(policy.requiresBothCases),
        \(policy.requiresDigit), \(policy.requiresSymbol), \(1 as Int64))
      """)
  }

  func save(_ policy: PasswordPolicy, in scope: Scope) throws -> PasswordPolicy {
    try scope.requireWholeTenant()
    try db.run(
      """
      UPDATE password_policies SET min_length = \(policy.minLength),
        requires_both_cases = \(policy.requiresBothCases),
        requires_digit = \(policy.requiresDigit), requires_symbol = \(policy.requiresSymbol),
        version = version + 1
      WHERE tenant = \(db.tenant) AND version = \(policy.version)
      """, else: .stale)
    return try self.policy()
  }
}

extension Scope {
  /// Throws `notFound` unless the caller reaches the whole tenant: for what belongs to no account.
  func requireWholeTenant() throws(StoreError) {
    guard case .tenant = reach else { throw .notFound }
  }
}

extension PortalSettings {
  fileprivate init(_ row: Row) throws {
    let emails: String = try row["sign_up_emails"]
    let links: String = try row["social_links"]
    self.init(
      isActive: try row["is_active"], allowsSignUp: try row["allows_sign_up"],
      signUpNotificationEmails: emails.split(separator: "\n").map(String.init),
      portalName: try row["portal_name"], contactEmail: try row["contact_email"],
      contactPhone: try row["contact_phone"], brandColor: try row["brand_color"],
      socialLinks: try JSONDecoder().decode([SocialLink].self, from: Data(links.utf8)),
      version: try row["version"])
  }

  fileprivate func socialLinksJSON() throws -> String {
    String(decoding: try JSONEncoder().encode(socialLinks), as: UTF8.self)
  }
}
