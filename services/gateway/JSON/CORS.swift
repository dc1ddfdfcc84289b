import NIOHTTP1

/// Which pages of other sites may call the API: those of the origins that the deployment lists, exactly, and then
/// with credentials. Pages of our own are not reached from elsewhere, listed or not.
struct CORS: Sendable {
  let origins: Set<String>

  private static let headers = [
    "accept", "accept-language", "authorization", "connect-content-encoding",
    "connect-protocol-version", "connect-timeout-ms", "content-encoding", "content-type",
    "grpc-accept-encoding", "grpc-encoding", "grpc-timeout", "if-match", "if-none-match",
    "if-range", "last-event-id", "range", "traceparent", "tracestate", "x-grpc-web",
    "x-portico-csrf", "x-request-timeout", "x-user-agent",
  ]
  private static let allowedHeaders = headers.joined(separator: ", ")
  private static let exposedHeaders = [
    "accept-ranges", "allow", "connect-content-encoding", "content-disposition", "content-encoding",
    "content-range", "etag", "grpc-encoding", "grpc-message", "grpc-status",
    "grpc-status-details-bin", "retry-after", "www-authenticate", "x-request-id",
  ].joined(separator: ", ")
  /// Seconds that a browser may remember the answer; none remembers it longer than two hours.
  private static let maximumAge = "7200"

  /// The origin of the page that asks, when it is one that may.
  func origin(_ headers: HTTPHeaders) -> String? {
    let named = headers["origin"]
    guard named.count == 1, let origin = named.first, origins.contains(origin) else { return nil }
    return origin
  }

  /// The answer to a browser that asks first; nil for any other request.
  ///
  /// - methods: those that the path has.
  func preflight(_ request: Request, methods: [String]) -> Response? {
    guard request.method == .OPTIONS, request.headers.contains(name: "origin"),
      request.headers.contains(name: "access-control-request-method")
    else { return nil }
    var response = Response(.noContent)
    response.headers.add(
      name: "vary",
      value: "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    guard let origin = origin(request.headers) else { return response }
    response.headers.add(name: "access-control-allow-origin", value: origin)
    response.headers.add(name: "access-control-allow-credentials", value: "true")
    response.headers.add(
      name: "access-control-allow-methods", value: methods.joined(separator: ", "))
    response.headers.add(name: "access-control-allow-headers", value: Self.allowedHeaders)
    response.headers.add(name: "access-control-max-age", value: Self.maximumAge)
    return response
  }

  /// Lets the page that asked read an answer of the API, errors too.
  func add(to response: inout Response, for request: HTTPHeaders) {
    guard !origins.isEmpty, !response.headers.contains(name: "access-control-allow-origin") else {
      return
    }
    if !response.headers[canonicalForm: "vary"].contains(where: { $0.lowercased() == "origin" }) {
      response.headers.add(name: "vary", value: "Origin")
    }
    guard let origin = origin(request) else { return }
    response.headers.add(name: "access-control-allow-origin", value: origin)
    response.headers.add(name: "access-control-allow-credentials", value: "true")
    response.headers.add(name: "access-control-expose-headers", value: Self.exposedHeaders)
  }
}
