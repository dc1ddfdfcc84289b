import Access
import Crypto
import Store
import Telemetry
import Values

/// What the handlers of identity share: where rows are, who hashes and who signs.
struct IdentityParts: Sendable {
  let store: any Store
  let passwords: PasswordHasher
  let signer: Signer
  let common: CommonPasswords
  let origin: PortalOrigin
  let ids: SortableIDGenerator
  let limits: SessionLimits
  let logins = Counter(
    "portico_logins_total", help: "Attempts to sign in by password, by what came of them.",
    labels: ["outcome"],
    known: [["signed_in"], ["refused"], ["throttled"], ["busy"], ["failed"]])

  func newID() -> String { ids.next().description }

  func roles(_ db: Transaction) -> RoleStore { RoleStore(db, builtIn: Role.builtIn) }
}
