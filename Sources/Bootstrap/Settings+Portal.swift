import Values

extension Settings {
  /// `portal.origin`: what browsers see, with `{tenant}` for the tenant's name. Every service that writes links into
  /// mails must be told the same.
  /// - Throws: `SettingError.invalid` unless it is an http or https origin without a path.
  public func portalOrigin() throws(SettingError) -> PortalOrigin {
    let pattern = try string("portal.origin", default: "http://{tenant}.localhost:8080")
    guard let origin = PortalOrigin(pattern: pattern) else {
      throw .invalid("portal.origin", "must be an origin such as https://{tenant}.portal.example")
    }
    return origin
  }
}
