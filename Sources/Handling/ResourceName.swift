import RPC

/// A resource name taken apart by a pattern: `accounts/acme/tickets/42` by `accounts/*/tickets/*`.
///
///     let name = try ResourceName(request.name, "accounts/*/tickets/*")
///     name["accounts"]  // "acme"
///     name["tickets"]   // "42"
public struct ResourceName: Sendable, Hashable, CustomStringConvertible {
  /// The whole name, as it was given.
  public let text: String
  private let collections: [String]
  private let ids: [String]

  /// - Parameters:
  ///   - pattern: collections and `*` for each id, alternating; a last collection without an id is allowed.
  ///   - field: where in the request the name stands.
  ///   - anyAllowed: whether an id may be `-`, which means every one (AIP-159).
  /// - Throws: INVALID_ARGUMENT when the name does not have the pattern's form.
  public init(
    _ text: String, _ pattern: String, field: String = "name", anyAllowed: Bool = false
  ) throws(Status) {
    guard let name = ResourceName(text, pattern, anyAllowed) else {
      throw .invalid(field, "must have the form \(pattern)")
    }
    self = name
  }

  /// Nil when the name does not have the pattern's form.
  public init?(matching text: String, _ pattern: String) { self.init(text, pattern, false) }

  private init?(_ text: String, _ pattern: String, _ anyAllowed: Bool) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let expected = pattern.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == expected.count, text.utf8.count <= 512 else { return nil }
    var collections: [String] = []
    var ids: [String] = []
    for (part, form) in zip(parts, expected) {
      if form == "*" {
        guard Self.isID(part), anyAllowed || part != "-" else { return nil }
        ids.append(String(part))
      } else {
        guard part == form else { return nil }
        collections.append(String(part))
      }
    }
    self.text = text
    self.collections = collections
    self.ids = ids
  }

  /// The id that follows a collection of the pattern. Asking for one that the pattern does not have is a defect of
  /// the program.
  public subscript(collection: String) -> String {
    guard let index = collections.firstIndex(of: collection), index < ids.count else {
      preconditionFailure("\(collection) is not followed by an id in the pattern")
    }
    return ids[index]
  }

  /// The id after a collection, or nil for `-`: every one.
  public func id(_ collection: String) -> String? {
    let id = self[collection]
    return id == "-" ? nil : id
  }

  public var description: String { text }

  /// What an id is made of: 1 to 63 lower-case letters, digits and hyphens, as a DNS label; and capitals, underscores
  /// and, but not first, dots, for ids of other makers. The API's description says the same (`ResourcePattern`).
  public static func isID(_ text: some StringProtocol) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"),
          UInt8(ascii: "."):
          true
        default: false
        }
      } && text.first != "."
  }
}
