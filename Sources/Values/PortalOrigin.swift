import Foundation

/// Where a tenant's portal is reached, made from a configured pattern and never from a Host header
/// (D-43): `https://{tenant}.portal.example`.
public struct PortalOrigin: Hashable, Sendable {
  public let pattern: String

  /// Nil unless it is an http or https origin, without a path.
  public init?(pattern: String) {
    guard let url = URL(string: pattern.replacingOccurrences(of: "{tenant}", with: "tenant")),
      url.scheme == "https" || url.scheme == "http", url.host?.isEmpty == false,
      url.path.isEmpty, url.query == nil, url.fragment == nil, url.user == nil
    else { return nil }
    self.pattern = pattern
  }

  /// `https://acme.portal.example`
  public func origin(of tenant: TenantID) -> String {
    pattern.replacingOccurrences(of: "{tenant}", with: tenant.rawValue)
  }

  /// The page of a resource: its name is its path.
  public func page(_ name: String, of tenant: TenantID) -> String {
    "\(origin(of: tenant))/\(name)"
  }
}
