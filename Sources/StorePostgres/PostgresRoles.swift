/// The roles of one database, besides the owner, whom only migrations use.
///
/// The application connects as `app`, which owns nothing, cannot bypass row-level security and sees
/// only the tenant its transaction has set. `jobs` cannot log in; its policy lets all rows through.
/// `app` is a member of it but does not inherit, so a transaction across tenants is one that says
/// `SET LOCAL ROLE`, and an ordinary one has nothing of it.
public struct PostgresRoles: Sendable, Hashable {
  public var app: String
  public var jobs: String

  public init(app: String = "portico_app", jobs: String = "portico_jobs") {
    self.app = app
    self.jobs = jobs
  }
}
