import PorticoAPI
import RPC
import WellKnown

/// `/settings/sessions`: where the user is logged in, and ending any of it.
enum SessionsPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/settings/sessions") { context in
      let answer = try await SessionsClient(context.caller).listSessions(.init())
      return await SettingsPages.layout(
        context, "Sessions", "/settings/sessions", isRefused: false, list(answer.sessions, context))
    },
    PageRoute(.POST, "/{name=sessions/*}:end") { context in
      let name = context.path["name"]
      if try name == context.signedIn().record.name { return try await context.signOut() }
      _ = try await SessionsClient(context.caller).endSession(.init(name: name))
      return .redirect(to: "/settings/sessions", flash: .success("The session has ended."))
    },
    PageRoute(.POST, "/settings/sessions:endOthers") { context in
      let ended = try await SessionsClient(context.caller).endOtherSessions(.init()).endedSessions
      return .redirect(
        to: "/settings/sessions",
        flash: .success(
          ended == 0
            ? "You are logged in nowhere else."
            : "You are logged out everywhere else (\(ended)).")
      )
    },
  ]

  static func list(_ sessions: [Identity.Session], _ context: PageContext) -> HTML {
    let endOthers = UI.form(
      action: "/settings/sessions:endOthers", csrf: context.csrfToken,
      body: UI.button("End all other sessions", style: .secondary))
    return """
      <p>Where you are logged in. End what you do not recognise, and change your password then.</p>\
      \(table(sessions, context))\
      \(when: sessions.count > 1, "<div class=\"form-foot\">\(endOthers)</div>")
      """
  }

  private static func table(_ sessions: [Identity.Session], _ context: PageContext) -> HTML {
    let current = context.session?.record.name
    return UI.table(
      sessions, caption: "Your sessions",
      columns: [
        .init("Device", .title) { session in
          """
          \(Self.device(session.userAgent))\
          <div class="sub">\(session.ipAddress)</div>
          """
        },
        .init("This one", .bare) { session in
          """
          \(when: session.current || session.name == current, UI.badge("This session", tone: .accent))\
          \(when: session.kind == .kept, UI.badge("Kept", tone: .neutral))
          """
        },
        .init("Logged in") { context.time($0.createTime, style: .absolute) ?? UI.notSet },
        .init("Last used") { context.time($0.lastUsedTime) ?? UI.notSet },
        .init("Ends") { context.time($0.expireTime, style: .absolute) ?? UI.notSet },
        .init("End", .bare) { session in
          UI.form(
            action: "/\(session.name):end", csrf: context.csrfToken,
            body: UI.button("End session", style: .secondary, isSmall: true))
        },
      ])
  }

  /// `Firefox on Linux`: enough to recognise a device by; the header's own text where it says nothing known.
  static func device(_ userAgent: String) -> String {
    // Edge and Opera call themselves Chrome as well, and Chrome calls itself Safari: the order matters.
    let browsers = [
      ("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"),
      ("Safari/", "Safari"),
    ]
    let systems = [
      ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
      ("Mac OS X", "macOS"), ("Linux", "Linux"),
    ]
    let browser = browsers.first { userAgent.contains($0.0) }?.1
    let system = systems.first { userAgent.contains($0.0) }?.1
    switch (browser, system) {
    case (let browser?, let system?): return "\(browser) on \(system)"
    case (let one?, nil), (nil, let one?): return one
    case (nil, nil): return userAgent.isEmpty ? "Unknown device" : String(userAgent.prefix(80))
    }
  }
}
