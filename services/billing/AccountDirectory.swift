import Access
import Foundation
import PorticoAPI
import RPC
import Store
import Values

/// What billing asks identity about an account before it writes: the name and address to print, and
/// the zone in which its days begin.
struct AccountDirectory: Sendable {
  struct Entry: Sendable, Hashable {
    var displayName: String
    var address: String
    var timeZone: TimeZone
  }

  private let accounts: AccountsClient

  init(_ identity: any Caller) { accounts = AccountsClient(identity) }

  /// Throws NOT_FOUND for an account that does not exist.
  func account(_ id: String, _ call: Call) async throws -> Entry {
    // Identity is asked as ourselves: what is out of the caller's reach must not be told from what is not there.
    guard try call.scope.reaches(account: id) else { throw StoreError.notFound }
    let principal = try call.principal
    let account = try await accounts.getAccount(
      .init(name: "accounts/\(id)"),
      CallOptions().asService(in: principal.tenant, actor: principal.user))
    return Entry(
      displayName: account.displayName, address: Self.lines(account.address),
      timeZone: TimeZone(identifier: account.timeZone) ?? .gmt)
  }

  private static func lines(_ address: Identity.PostalAddress?) -> String {
    guard let address else { return "" }
    let town = [address.postalCode, address.city].filter { !$0.isEmpty }.joined(separator: " ")
    let country = Country.displayName(address.country)
    return [address.street, town, address.region, country].filter { !$0.isEmpty }
      .joined(separator: "\n")
  }
}
