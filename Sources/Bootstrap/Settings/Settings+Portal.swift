import Values

extension Settings {
  /// `portal.origin` as it was said.
  public var portalOriginPattern: String {
    get throws(SettingError) {
      try string("portal.origin", default: "http://{tenant}.localhost:8080")
    }
  }

  /// `portal.origin`: what browsers see, with `{tenant}` for the tenant's name. Every service that writes links into
  /// mails must be told the same.
  /// - Throws: `SettingError.invalid` unless it is an http or https origin without a path.
  public func portalOrigin() throws(SettingError) -> PortalOrigin {
    let pattern = try portalOriginPattern
    guard let origin = PortalOrigin(pattern: pattern) else {
      throw .invalid("portal.origin", "must be an origin such as https://{tenant}.portal.example")
    }
    return origin
  }
}
