import NIOHTTP1
import Values

typealias PageHandler = @Sendable (PageContext) async throws -> Response

/// One page or form target. The pattern is the path grammar of google.api.http: `/login`, `/tickets/{ticket}`,
/// `/{name=accounts/*/tickets/*}`, `/{name=accounts/*/tickets/*}:close`. The most specific route wins (`PathTrie`); two routes
/// of one shape stop the gateway at start-up.
struct PageRoute: Sendable {
  enum Access: Sendable, Hashable {
    /// Without a session: redirected to `/login?next=…`.
    case signedIn
    /// Shown to anybody; `context.session` may be nil.
    case anyone
  }

  /// When the part of the frame that is asked for, the count of unread messages, is asked for.
  enum Frame: Sendable, Hashable {
    /// Beside the page.
    case early
    /// After the page is made, if it ends in a frame: what changes something, or is no page.
    case late
  }

  let method: HTTPMethod
  let pattern: String
  let access: Access
  let limits: FormLimits
  /// Time for everything, all RPCs together.
  let deadline: Duration
  let frame: Frame
  private(set) var handler: PageHandler

  /// - method: `.GET` (answers HEAD as well) or `.POST`; forms know no other.
  /// - frame: nil is early for pages to read, late for all others.
  init(
    _ method: HTTPMethod, _ pattern: String, access: Access = .signedIn, limits: FormLimits = .text,
    deadline: Duration = .seconds(10), frame: Frame? = nil, _ handler: @escaping PageHandler
  ) {
    self.method = method
    self.pattern = pattern
    self.access = access
    self.limits = limits
    self.deadline = deadline
    self.frame = frame ?? (method == .GET && access == .signedIn ? .early : .late)
    self.handler = handler
  }

  /// The same route with something around its handler.
  func around(
    _ wrap: @escaping @Sendable (PageContext, PageHandler) async throws -> Response
  ) -> PageRoute {
    var copy = self
    copy.handler = { [handler] context in try await wrap(context, handler) }
    return copy
  }

  /// How the route is limited: what anybody may send without a session is a way to sign in.
  var kind: RouteClass {
    if method == .GET { return .page }
    if access == .anyone { return .login }
    return limits.files > 0 ? .upload : .write
  }
}

/// All pages of the portal, and how a failed one looks.
struct PageTable: Sendable {
  let routes: [PageRoute]
  /// Asks for the password before a form goes on.
  let stepUp: @Sendable (StepUpPrompt, PageContext) async -> HTML
  /// Draws an error page with the request's id. Without a context not even the portal is known.
  let failure: @Sendable (Problem, Request, PageContext?) -> HTML

  init(
    routes: [PageRoute], stepUp: @escaping @Sendable (StepUpPrompt, PageContext) async -> HTML,
    failure: @escaping @Sendable (Problem, Request, PageContext?) -> HTML
  ) {
    self.routes = routes
    self.stepUp = stepUp
    self.failure = failure
  }
}
