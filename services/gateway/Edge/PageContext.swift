import Access
import Foundation
import Logging
import PorticoAPI
import RPC
import Values

/// What a page handler is given.
struct PageContext: Sendable {
  let request: Request
  /// Decoded variables of the route's pattern: `context.path["name"]` is `accounts/acme/tickets/42`.
  let path: PathBindings
  /// The submitted form; empty on GET. Its CSRF token has been checked already.
  let form: Form
  let visitor: Visitor
  /// Performs calls of every service with the user's token, the request id and the route's deadline:
  /// `TicketsClient(context.caller)`. Calls the user may not make fail with PERMISSION_DENIED before they leave.
  let caller: any Caller
  /// For the hidden field `_csrf` of every form.
  let csrfToken: String
  let theme: UI.Theme
  /// Messages of the last answer, to be shown once.
  let flashes: [Flash]
  let assets: StaticAssets
  let sessions: SessionDirectory
  /// What parts of pages last looked like to this person.
  let memory: PartMemory
  /// How long a part of a page may take.
  let patience: Duration
  /// Where the page's live parts begin to listen; empty while that is not known, nil for who is not signed in.
  var liveCursor: String?
  /// How the installation is doing; nil for the people of tenants who do not run it.
  var operation: OperationDesk?
  /// What this page has to do without.
  let report = PartReport()
  /// The count of unread messages, where it is being asked for beside the page.
  var unread: EarlyValue<Int?>?
  let now: Instant
  /// What times are written in.
  let zone: TimeZone
  let log: Logger

  /// Who is signed in; never nil on a route with `.signedIn`.
  var session: Session? { visitor.session }
  var portal: Portal { visitor.portal }
  var query: Query { request.query }
  var principal: Principal? { session?.principal }

  /// Who is signed in, on routes with `.signedIn`; throws the 401 that leads to the login page anywhere else.
  func signedIn() throws -> Session {
    guard let session else { throw Status(.unauthenticated, "sign in first") }
    return session
  }

  /// The fingerprinted path of a file in `Assets/`.
  func asset(_ name: String) -> String { assets.path(name) }

  /// Whether to offer an action.
  func may(_ permission: Permission) -> Bool {
    // Whatever the role: the page is there for those who run the installation alone.
    if permission == .operationRead, operation == nil { return false }
    return session?.may(permission) ?? false
  }
}

// MARK: - Signing in and out

extension PageContext {
  /// After identity's `CreateSession`: sets the cookie of the new session and ends the one that was there.
  ///
  /// - next: from outside as well; anything but a path of this portal leads home.
  func signIn(_ answer: Identity.CreateSessionResponse, next: LocalPath? = nil) async -> Response {
    let token = answer.token
    if let old = visitor.secret, old != token {
      do { try await sessions.end(old, of: portal.tenant) } catch {
        // The old session idles out by itself; a login must not fail because of it.
        log.warning(
          "old session not ended", metadata: ["request_id": "\(request.id)", "reason": "\(error)"])
      }
    }
    var response = Response.redirect(to: next ?? .home)
    response.cookies = [
      visitor.cookies.session(token, life: answer.session?.cookieLife(at: now)),
      visitor.cookies.expired(visitor.cookies.visit),
    ]
    if !answer.deviceToken.isEmpty {
      response.cookies.append(visitor.cookies.device(answer.deviceToken))
    }
    return response
  }

  /// What proves to identity that this browser is known, when it has signed in before.
  var deviceToken: String { request.cookies[visitor.cookies.device] ?? "" }

  /// Ends the session at identity and forgets the cookie.
  func signOut(to path: LocalPath = "/login") async throws -> Response {
    if let secret = visitor.secret { try await sessions.end(secret, of: portal.tenant) }
    var response = Response.redirect(to: path)
    response.cookies = [visitor.cookies.expired(visitor.cookies.session)]
    return response
  }

  /// Forgets what this process remembers of the session, after the user changed their own profile.
  func refreshSession() {
    if let secret = visitor.secret { sessions.refresh(secret, of: portal.tenant) }
  }

  /// The cookie that keeps a chosen colour scheme.
  func cookie(theme: UI.Theme) -> Cookie { visitor.cookies.theme(theme) }
}
