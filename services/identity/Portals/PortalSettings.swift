import Foundation
import Values

/// A tenant's own choices for its portal.
struct PortalSettings: Hashable, Sendable {
  struct SocialLink: Hashable, Sendable, Codable {
    var network: String
    var url: String
  }

  /// Off: customers can neither sign in nor use what they are signed in to (S-026, D-47).
  var isActive = true
  var allowsSignUp = false
  var signUpNotificationEmails: [String] = []
  var portalName = ""
  var contactEmail = ""
  var contactPhone = ""
  /// `#rrggbb`, or empty for the built-in accent.
  var brandColor = ""
  var socialLinks: [SocialLink] = []
  var version: Int64 = 1

  static let networks: Set<String> = [
    "facebook", "instagram", "linkedin", "mastodon", "bluesky", "x", "youtube", "github",
    "website",
  ]

  var problems: [FieldProblem] {
    let root = "portal_settings"
    var problems = TextRules.line(portalName, "\(root).portal_name", limit: 100)
    problems += TextRules.email(contactEmail, "\(root).contact_email")
    problems += TextRules.line(contactPhone, "\(root).contact_phone", limit: 40)
    if !brandColor.isEmpty, !Self.isColor(brandColor) {
      problems.append(.init("\(root).brand_color", "must be a colour such as #2f6f4f"))
    }
    if signUpNotificationEmails.count > 20 {
      problems.append(.init("\(root).sign_up_notification_emails", "has more than 20 addresses"))
    }
    for (index, email) in signUpNotificationEmails.prefix(20).enumerated() {
      problems += TextRules.email(
        email, "\(root).sign_up_notification_emails[\(index)]", required: true)
    }
    if socialLinks.count > 12 {
      problems.append(.init("\(root).social_links", "has more than 12 links"))
    }
    for (index, link) in socialLinks.prefix(12).enumerated() {
      problems += Self.problems(of: link, at: "\(root).social_links[\(index)]")
    }
    return problems
  }

  private static func problems(of link: SocialLink, at field: String) -> [FieldProblem] {
    var problems: [FieldProblem] = []
    if !networks.contains(link.network) {
      problems.append(
        .init("\(field).network", "must be one of \(networks.sorted().joined(separator: ", "))"))
    }
    // A link is shown to every customer: https only, so that no other scheme can ride in it.
    if link.url.utf8.count > 500 || URL(string: link.url)?.scheme != "https"
      || URL(string: link.url)?.host?.isEmpty != false
    {
      problems.append(.init("\(field).url", "must be an https:// address"))
    }
    return problems
  }

  private static func isColor(_ text: String) -> Bool {
    text.utf8.count == 7 && text.hasPrefix("#") && text.dropFirst().allSatisfy(\.isHexDigit)
  }
}

extension PortalOrigin {
  /// Where a mailed link leads. The token is base64url: nothing in it needs escaping.
  func link(of tenant: TenantID, to page: String, token: String) -> String {
    "\(origin(of: tenant))/\(page)?token=\(token)"
  }
}
