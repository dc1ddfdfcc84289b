import Foundation
import Values

/// Hardware or software of an account that a ticket can be about.
struct Asset: Sendable, Hashable {
  var id: String
  var account: String
  var kind: Kind
  var displayName: String
  /// Serial number or version.
  var identifier: String
  var site: String?
  var created: Instant

  enum Kind: String, Sendable, Hashable { case hardware, software }

  var name: String { "accounts/\(account)/assets/\(id)" }
}
