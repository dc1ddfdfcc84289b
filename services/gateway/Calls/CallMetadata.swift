import NIOHTTP1
import RPC

/// What of a client's headers becomes metadata of the call, and what of the answer's metadata becomes headers.
enum CallMetadata {
  /// The whole list: everything else that a client sends ends at the gateway. Who it is, the request's id and the
  /// address are put on the call by `UserCaller`, under names that are not here.
  static let forwarded = ["traceparent", "tracestate"]

  /// - timeout: what the client allows itself; the errand's deadline caps it.
  static func options(_ headers: HTTPHeaders, timeout: Duration?) throws -> CallOptions {
    var options = CallOptions(deadline: timeout.map { .after($0) })
    for name in forwarded {
      for value in headers[name] where value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
        try options.metadata.append(name, value)
      }
    }
    return options
  }

  /// Leading metadata as headers. HTTP's own names mean something to browsers and are the gateway's to set.
  static func addHeaders(_ metadata: Metadata, to response: inout Response) {
    for (name, value) in metadata.entries
    where isOurs(name) && HeaderText.isSafe(value) && !owned.contains(name)
      && !ownedPrefixes.contains(where: { name.hasPrefix($0) })
    {
      response.headers.add(name: name, value: value)
    }
  }

  /// Trailing metadata, for wherever a protocol puts it.
  static func trailers(_ metadata: Metadata) -> [(name: String, value: String)] {
    metadata.entries.filter { isOurs($0.key) && HeaderText.isSafe($0.value) }
      .map { ($0.key, $0.value) }
  }

  /// Not what the services tell one another.
  private static func isOurs(_ name: String) -> Bool { !name.hasPrefix("portico-") }

  private static let owned: Set<String> = [
    "age", "allow", "alt-svc", "cache-control", "clear-site-data", "date", "expires", "link",
    "location", "nel", "permissions-policy", "pragma", "referrer-policy", "refresh", "report-to",
    "reporting-endpoints", "server", "service-worker-allowed", "set-cookie", "sourcemap",
    "strict-transport-security", "timing-allow-origin", "vary", "via", "www-authenticate",
    "x-content-type-options", "x-frame-options", "x-request-id", "x-xss-protection",
  ]
  private static let ownedPrefixes = [
    "access-control-", "connect-", "content-", "cross-origin-", "proxy-", "sec-", "trailer-",
  ]
}
