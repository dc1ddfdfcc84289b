import NIOHTTP1
import PorticoAPI
import RPC

/// `/login` and `/logout` (S-012, S-014).
enum SignInPages {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/login", access: .anyone) { context in
      if let session = context.session { return .redirect(to: landing(session)) }
      return loginPage(context, userName: context.query["user_name"] ?? "")
    },
    PageRoute(.POST, "/login", access: .anyone, signIn),
    PageRoute(.POST, "/logout") { context in try await context.signOut() },
  ]

  @Sendable static func signIn(_ context: PageContext) async throws -> Response {
    let userName = context.form.text("username") ?? ""
    let password = context.form["password"]
    guard !userName.isEmpty, !password.isEmpty else {
      return loginPage(
        context, userName: userName, error: "Enter your user name and your password.",
        status: .unprocessableEntity)
    }
    do {
      let answer = try await SessionsClient(context.caller).createSession(
        .init(
          tenant: context.portal.tenant.rawValue, userName: userName, password: password,
          userAgent: String(context.request.headers["user-agent"].first?.prefix(512) ?? ""),
          ipAddress: context.request.remote.description,
          keepSignedIn: context.form.isOn("keep"), deviceToken: context.deviceToken))
      let profile = answer.profile ?? .init()
      let next = LocalPath(context.form.text("next")) ?? landing(profile)
      return await context.signIn(answer, next: next)
    } catch let status as Status where status.code == .unauthenticated {
      return loginPage(
        context, userName: userName, error: "User name or password is wrong.",
        status: .unprocessableEntity)
    } catch let status as Status
      where status.code == .resourceExhausted || status.code == .invalidArgument
      || status.code == .failedPrecondition
    {
      let problem = Problem(status)
      return loginPage(
        context, userName: userName, error: problem.detail.asSentence, status: problem.status)
    }
  }

  private static func landing(_ session: Session) -> LocalPath { landing(session.profile) }

  /// Where the person wants to begin (S-083).
  static func landing(_ profile: Identity.Profile) -> LocalPath {
    guard !profile.landingPage.isEmpty else { return .home }
    return LocalPath(profile.landingPage) ?? .home
  }

  static func loginPage(
    _ context: PageContext, userName: String, error: String? = nil,
    status: HTTPResponseStatus = .ok
  ) -> Response {
    let next = LocalPath(context.form.text("next") ?? context.query["next"])?.rawValue
    let closed: HTML? =
      context.portal.settings.active
      ? nil
      : UI.callout(
        .warning, body: "<p>This portal is closed at the moment. Staff can still log in.</p>")
    let card = UI.loginCard(
      portalName: context.portal.name, action: "/login", csrf: context.csrfToken,
      username: userName, isKept: context.form.isOn("keep"), next: next, error: error,
      forgot: "/forgot", signUp: nil)
    return authShell(context, title: "Log in", status: status, "\(closed)\(card)")
  }
}
