import Bootstrap

/// What a deployment says about its JSON API.
public struct APIOptions: Sendable, Hashable {
  /// Origins of other sites whose pages may call the API with their reader's credentials, as browsers spell them:
  /// `https://app.example`. Exact ones, no pattern.
  public var origins: Set<String>
  /// Whether fields without presence are written when they hold their default; clients may ask otherwise.
  public var emitsDefaults: Bool
  public var enumsAsNumbers: Bool
  /// `create_time` instead of `createTime`.
  public var usesProtoNames: Bool
  /// Query parameters that no method has and that are passed over instead of refused: `utm_source`.
  public var ignoredParameters: Set<String>

  public init(
    origins: Set<String> = [], emitsDefaults: Bool = true, enumsAsNumbers: Bool = false,
    usesProtoNames: Bool = false, ignoredParameters: Set<String> = []
  ) {
    self.origins = origins
    self.emitsDefaults = emitsDefaults
    self.enumsAsNumbers = enumsAsNumbers
    self.usesProtoNames = usesProtoNames
    self.ignoredParameters = ignoredParameters
  }

  /// Reads the settings.
  ///
  ///     api.origins         https://app.example,https://other.example: see `origins`
  ///     api.json.defaults   true
  ///     api.json.enums      names or numbers
  ///     api.json.fields     json (createTime) or proto (create_time)
  ///     api.query.ignored   names of query parameters, joined by commas
  public init(_ settings: Settings) throws {
    func list(_ name: String) throws -> Set<String> {
      Set(
        try settings.string(name, default: "").split(separator: ",").map { String($0.trimmed) })
    }
    let origins = try list("api.origins")
    for origin in origins where !Self.isOrigin(origin) {
      throw SettingError.invalid("api.origins", "must be scheme://host[:port], joined by commas")
    }
    let enums: Enums = try settings.choice("api.json.enums", default: .names)
    let fields: Fields = try settings.choice("api.json.fields", default: .json)
    let defaults: Flag = try settings.choice("api.json.defaults", default: .true)
    self.init(
      origins: origins, emitsDefaults: defaults == .true, enumsAsNumbers: enums == .numbers,
      usesProtoNames: fields == .proto, ignoredParameters: try list("api.query.ignored"))
  }

  private enum Enums: String, CaseIterable { case names, numbers }
  private enum Fields: String, CaseIterable { case json, proto }
  private enum Flag: String, CaseIterable { case `true`, `false` }

  /// As browsers serialize one: lower-case, no path, never `null` or a pattern.
  static func isOrigin(_ text: String) -> Bool {
    for scheme in ["https://", "http://"] where text.hasPrefix(scheme) {
      let host = text.dropFirst(scheme.count)
      return !host.isEmpty
        && host.utf8.allSatisfy {
          (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-.:[]".utf8.contains($0)
        }
    }
    return false
  }
}
