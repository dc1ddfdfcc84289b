import Values

struct PostalAddress: Hashable, Sendable {
  var street = ""
  var city = ""
  var postalCode = ""
  var region = ""
  /// ISO 3166-1 alpha-2.
  var country = ""

  func problems(_ field: String) -> [FieldProblem] {
    var problems =
      TextRules.line(street, "\(field).street") + TextRules.line(city, "\(field).city")
      + TextRules.line(postalCode, "\(field).postal_code", limit: 20)
      + TextRules.line(region, "\(field).region")
    if !country.isEmpty,
      country.utf8.count != 2 || !country.utf8.allSatisfy({ (65...90).contains($0) })
    {
      problems.append(.init("\(field).country", "must be a two-letter code such as DE"))
    }
    return problems
  }
}

/// An organization that the provider serves.
struct Account: Hashable, Sendable {
  var id: String
  var displayName: String
  var email = ""
  var phone = ""
  var address = PostalAddress()
  /// ISO 4217; the tenant's when left empty at its making.
  var currency = ""
  /// IANA zone in which the account's days begin and end; the tenant's when left empty.
  var timeZone = ""
  /// BCP 47.
  var locale = ""
  var isArchived = false
  var created: Instant
  var version: Int64 = 1
  /// Contacts that are not archived; counted, not kept.
  var contactCount = 0

  var problems: [FieldProblem] {
    TextRules.line(displayName, "account.display_name", limit: 100, required: true)
      + TextRules.email(email, "account.email") + TextRules.line(phone, "account.phone", limit: 40)
      + address.problems("account.address")
      + TextRules.currency(currency, "account.currency")
      + TextRules.timeZone(timeZone, "account.time_zone")
      + TextRules.line(locale, "account.locale", limit: 35)
  }
}

/// A place of an account: an office, a shop, a property.
struct Site: Hashable, Sendable {
  var account: String
  var id: String
  var displayName: String
  var address = PostalAddress()
  var phone = ""
  var created: Instant

  var problems: [FieldProblem] {
    TextRules.line(displayName, "site.display_name", limit: 100, required: true)
      + address.problems("site.address") + TextRules.line(phone, "site.phone", limit: 40)
  }
}

enum AccountError: Error, Hashable {
  case accountIDTaken
  case siteIDTaken
}
