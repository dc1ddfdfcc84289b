import Access
import PorticoAPI
import Protobuf
import RPC
import Values

/// A signed-in user, as identity resolved the session cookie less than a minute ago.
struct Session: Sendable {
  let principal: Principal
  /// The signed principal token that goes with each call.
  let principalToken: [UInt8]
  /// Name, language, theme and the like, as the user set them.
  let profile: Identity.Profile
  /// The session's own record; not its secret.
  let record: Identity.Session

  /// Whether to offer an action. Deciding is the gate's and the service's, not the page's.
  func may(_ permission: Permission) -> Bool { principal.permissions.contains(permission) }
}
