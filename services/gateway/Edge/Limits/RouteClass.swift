import RPC

/// What a request costs and risks, by which it is limited. Derived from methods and routes, never listed.
enum RouteClass: String, CaseIterable, Sendable {
  /// HTML that is only looked at.
  case page
  /// Styles, scripts and pictures.
  case asset
  /// What anybody may try without being signed in: passwords, links.
  case login
  /// An API call without side effects.
  case read
  /// Anything that changes something: forms and API calls.
  case write
  /// Whoever sends files, in forms or to methods that take a stream.
  case upload
  /// An answer that goes on: server streams, live updates. Each page opens one, so they come as often as pages.
  case stream

  /// The class of a call, the same whichever protocol asks for it.
  ///
  /// - isSafe: the request is a GET, which no method with side effects is reached by.
  init(_ method: Method, isSafe: Bool) {
    switch method.streaming {
    case .serverStreaming, .bidirectional: self = .stream
    case .clientStreaming: self = .upload
    case .unary where isSafe || method.idempotency == .noSideEffects || method.isRead: self = .read
    case .unary: self = method.access.callers == .anyone ? .login : .write
    }
  }
}

extension Method {
  /// Every binding only reads, so the method does.
  fileprivate var isRead: Bool {
    !http.isEmpty && isOnlyGet
  }
}
