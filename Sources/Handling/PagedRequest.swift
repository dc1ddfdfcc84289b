import Protobuf
import RPC
import Store

/// A list request (AIP-158). A service says so of its generated messages: `extension ListTicketsRequest: PagedRequest {}`.
public protocol PagedRequest: Message {
  var pageSize: Int32 { get }
  var pageToken: String { get }
}

extension PagedRequest {
  /// What the store is asked for: the wanted size, `size` when there is none, never more than `max`.
  ///
  /// - Parameters:
  ///   - query: everything else that shapes the list (parent, filter, order). The token of another query is refused.
  ///   - scope: the caller's; a token does not survive a change of rights.
  /// - Throws: INVALID_ARGUMENT for a negative size or a foreign token.
  public func page(
    _ query: [String], in scope: Scope, size: Int = 50, max: Int = 200
  ) throws -> PageRequest {
    guard pageSize >= 0 else { throw Status.invalid("page_size", "must not be negative") }
    let wanted = pageSize == 0 ? size : min(Int(pageSize), max)
    return try PageRequest(size: wanted, token: pageToken, query: query + scope.fingerprint)
  }
}

extension Scope {
  /// Texts that differ when the scope does, the same in every process.
  fileprivate var fingerprint: [String] {
    guard case .within(let boundaries) = reach else { return [tenant.rawValue, "tenant"] }
    return [tenant.rawValue]
      + boundaries.flatMap { boundary in
        [boundary.account, boundary.contact ?? "*"] + (boundary.sites ?? ["*"]) + ["/"]
      }
  }
}
