import Values

/// A provider with its own portal, customers and staff.
struct Tenant: Hashable, Sendable {
  var id: TenantID
  var displayName: String
  /// IANA zone that "today" is read in for accounts without one of their own.
  var timeZone: String
  /// ISO 4217 code that new accounts are billed in.
  var currency: String
  var created: Instant

  /// 3 to 40 of a-z, 0-9 and hyphen, beginning with a letter: also the first label of the portal's host.
  static func isID(_ text: String) -> Bool {
    guard (3...40).contains(text.utf8.count), let id = ResourceID(rawValue: text),
      let first = id.rawValue.utf8.first
    else { return false }
    return (97...122).contains(first)
  }

  static func idProblems(_ text: String) -> [FieldProblem] {
    isID(text)
      ? []
      : [.init("tenant_id", "must be 3 to 40 of a-z, 0-9 and hyphen, beginning with a letter")]
  }

  var problems: [FieldProblem] {
    TextRules.line(displayName, "tenant.display_name", limit: 100, required: true)
      + TextRules.timeZone(timeZone, "tenant.time_zone")
      + TextRules.currency(currency, "tenant.currency")
  }
}

enum TenantError: Error, Hashable {
  case idTaken
  /// The operator's token names another tenant than the one to be made.
  case tokenForAnother
}
