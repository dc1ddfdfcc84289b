import PorticoAPI
import RPC
import WellKnown

/// Where a user is logged in, as an administrator sees it, and ending all of it at once (X-06): on the page of a member
/// of the staff, and beside a contact's portal access.
enum UserSessions {
  static let routes: [PageRoute] = [
    .staff(.POST, "/{name=users/*}:endSessions", .rolesWrite) { context in
      let ended = try await SessionsClient(context.caller).endUserSessions(
        .init(parent: context.path["name"]))
      return .redirect(
        to: LocalPath(context.form["next"]) ?? .home, flash: .success(said(ended)))
    }
  ]

  static func said(_ ended: Identity.EndUserSessionsResponse) -> String {
    let tokens = ended.revokedApiTokens
    switch (ended.endedSessions, tokens) {
    case (0, 0): return "There was nothing to end."
    case (let sessions, 0): return "Ended: \(UI.counted(sessions, "session"))."
    case (let sessions, _):
      return "Ended: \(UI.counted(sessions, "session")) and \(UI.counted(tokens, "API token"))."
    }
  }

  /// Nothing for who may not see them, and for a user that is none yet.
  ///
  /// - Parameters:
  ///   - user: `users/{user}`, or empty.
  ///   - page: where this is shown, and where ending leads back to.
  static func card(of user: String, on page: SafeURL, _ context: PageContext) async -> HTML? {
    let answer = await context.optional("sessions", if: context.may(.rolesWrite) && !user.isEmpty) {
      try await SessionsClient(context.caller).listUserSessions(.init(parent: user), $0)
    }
    guard let answer else { return nil }
    return UI.card("Sessions", body: body(answer.sessions, user, page, context))
  }

  private static func body(
    _ sessions: [Identity.Session], _ user: String, _ page: SafeURL, _ context: PageContext
  ) -> HTML {
    let list: HTML =
      sessions.isEmpty
      ? "<p class=\"quiet\">Logged in nowhere.</p>"
      : UI.descriptionList(
        sessions.map { session in
          (
            SessionsPage.device(session.userAgent),
            """
            \(context.time(session.lastUsedTime) ?? UI.notSet)\
            <div class="sub">\(session.ipAddress)</div>
            """
          )
        })
    return """
      \(list)\
      \(UI.form(
        action: "/\(user):endSessions", csrf: context.csrfToken, style: "form",
        body: """
          \(UI.hidden("next", page.text))\
          <p>Ends them at once and revokes every API token. The password stays.</p>\
          \(UI.actions([UI.button("End all sessions", style: .secondary, icon: .lock)]))
          """))
      """
  }
}
