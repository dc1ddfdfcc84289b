import RPC

/// The methods that are called by their own names, `/portico.ticketing.v1.Tickets/GetTicket`: every one of the contract that
/// has a route of the JSON API too. Other services of the process network (health, reflection) are not reached from outside.
struct MethodTable: Sendable {
  private let methods: [String: Method]

  init(_ all: [Method]) {
    methods = Dictionary(
      all.filter { !$0.http.isEmpty }.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first }
    )
  }

  /// Whether a target names a method, existing or not: two segments, the first a name with a package. No page and no
  /// route of the JSON API has such a path.
  func covers(_ target: Target) -> Bool {
    target.segments.count == 2 && target.segments[0].contains(".")
  }

  /// Throws UNIMPLEMENTED, which is how all three protocols say that there is no such method.
  func method(at target: Target) throws(Problem) -> Method {
    guard let method = methods[target.path] else {
      throw Problem(.notFound, .unimplemented, "there is no such method")
    }
    return method
  }
}
