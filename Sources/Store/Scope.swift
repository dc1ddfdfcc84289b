import Values

/// Which rows of a tenant a caller may see. Every method of a `<Noun>Store` that reads or changes
/// rows takes one, so that a row cannot be reached by forgetting to ask. What is outside looks absent.
public struct Scope: Sendable, Hashable {
  /// An account and, narrower, some of its sites or one of its contacts.
  public struct Boundary: Sendable, Hashable {
    public var account: String
    /// Nil: all sites, and rows without a site. Otherwise only rows of these.
    public var sites: [String]?
    /// Nil: all contacts, and rows without one. Otherwise only rows of this contact.
    public var contact: String?

    public init(account: String, sites: [String]? = nil, contact: String? = nil) {
      self.account = account
      self.sites = sites
      self.contact = contact
    }
  }

  public enum Reach: Sendable, Hashable {
    /// Every row of the tenant.
    case tenant
    /// Rows inside at least one boundary; none when there is no boundary.
    case within([Boundary])
  }

  public var tenant: TenantID
  public var reach: Reach

  public init(tenant: TenantID, reach: Reach) {
    self.tenant = tenant
    self.reach = reach
  }

  /// The WHERE fragment, parenthesised, over a table's columns. A boundary that is narrower than the
  /// table can tell (it names sites, and there is no site column) matches no row of it.
  public func predicate(
    account: StaticString, site: StaticString? = nil, contact: StaticString? = nil
  ) -> SQL {
    guard case .within(let boundaries) = reach else { return "TRUE" }
    return .any(
      boundaries.map { boundary in
        var terms: [SQL] = ["\(SQL(verbatim: account)) = \(boundary.account)"]
        if let sites = boundary.sites {
          terms.append(site.map { "\(SQL(verbatim: $0)) IN \(sites)" } ?? "FALSE")
        }
        if let person = boundary.contact {
          terms.append(contact.map { "\(SQL(verbatim: $0)) = \(person)" } ?? "FALSE")
        }
        return .all(terms)
      })
  }

  /// The WHERE fragment for rows that belong to an account as a whole and that anybody inside it may
  /// see: the account itself, its news. Sites and contacts do not narrow it.
  public func predicate(anywhereIn account: StaticString) -> SQL {
    guard case .within(let boundaries) = reach else { return "TRUE" }
    return "\(SQL(verbatim: account)) IN \(boundaries.map(\.account))"
  }

  /// The same decision for a row at hand, as for one about to be created.
  public func allows(account: String, site: String? = nil, contact: String? = nil) -> Bool {
    guard case .within(let boundaries) = reach else { return true }
    return boundaries.contains { boundary in
      guard boundary.account == account else { return false }
      if let sites = boundary.sites {
        guard let site, sites.contains(site) else { return false }
      }
      return boundary.contact == nil || boundary.contact == contact
    }
  }

  /// Whether any part of an account is inside.
  public func reaches(account: String) -> Bool {
    guard case .within(let boundaries) = reach else { return true }
    return boundaries.contains { $0.account == account }
  }
}
