import Access
import RPC
import Values

/// What a page handler is given.
struct PageContext: Sendable {
  let request: Request
  /// Decoded variables of the route's pattern: `context.path["name"]` is `accounts/acme/tickets/42`.
  let path: PathBindings
  /// The submitted form; empty on GET. Its CSRF token has been checked already.
  let form: Form
  /// Who is signed in; never nil on a route with `.signedIn`.
  let session: Session?
  /// Performs calls of every service with the user's token, the request id and the route's deadline:
  /// `TicketsClient(context.caller)`. Calls the user may not make fail with PERMISSION_DENIED before they leave.
  let caller: any Caller
  /// For `<input type="hidden" name="_csrf" value="…">` in every form.
  let csrfToken: String
  let theme: UI.Theme
  /// Messages of the last answer, to be shown once.
  let flashes: [Flash]
  let portal: Portal
  let now: Instant

  var query: Query { request.query }
  var principal: Principal? { session?.principal }
}
