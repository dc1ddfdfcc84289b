import Foundation

/// A country as people write it on an envelope.
public enum Country {
  /// `Ireland` for `IE`; what is no ISO 3166-1 code stays as it is.
  public static func displayName(_ code: String) -> String {
    guard code.utf8.count == 2 else { return code }
    return Locale(identifier: "en").localizedString(forRegionCode: code) ?? code
  }
}
