import Foundation
import PorticoAPI
import RPC
import WellKnown

/// `/settings/preferences`: where a login leads (S-083), the time zone, the theme.
enum PreferencesPage {
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/settings/preferences") { context in
      try await page(context, ProfilesClient(context.caller).getProfile(.init()))
    },
    PageRoute(.POST, "/settings/preferences", save),
  ]

  private static func page(
    _ context: PageContext, _ profile: Identity.Profile, errors: UI.FormErrors = .init()
  ) async -> Response {
    await SettingsPages.layout(
      context, "Preferences", "/settings/preferences", isRefused: !errors.isEmpty,
      form(context, profile, errors: errors))
  }

  static func form(
    _ context: PageContext, _ profile: Identity.Profile, errors: UI.FormErrors
  ) -> HTML {
    let landing = UI.Field(
      "profile.landing_page", "Page after login", error: errors["profile.landing_page"],
      isOptional: true)
    let zone = UI.Field(
      "profile.time_zone", "Time zone", error: errors["profile.time_zone"], isOptional: true)
    let theme = UI.Field("theme", "Theme")
    let pages = context.frame().tabs.filter { $0.url.text != "/" }.map {
      UI.Option($0.url.text, $0.title)
    }
    let zones = TimeZone.knownTimeZoneIdentifiers.map {
      UI.Option($0, $0.replacing("_", with: " "))
    }
    return UI.form(
      action: "/settings/preferences", csrf: context.csrfToken, style: "form mostly-optional",
      body: """
        \(UI.hidden("etag", profile.etag))\
        \(UI.errorSummary(errors, fields: [landing, zone, theme]))\
        \(UI.select(landing, options: pages, selected: profile.landingPage, placeholder: "Home"))\
        \(UI.select(zone, options: zones, selected: profile.timeZone, placeholder: "As the browser says"))\
        \(UI.radioGroup(theme, options: UI.Theme.allCases.map { UI.Option($0.rawValue, $0.title) }, selected: context.theme.rawValue, isInline: true))\
        <div class="form-foot">\(UI.button("Save preferences"))</div>
        """)
  }

  @Sendable private static func save(_ context: PageContext) async throws -> Response {
    let form = context.form
    let profile = Identity.Profile(
      name: "profile", landingPage: form["profile.landing_page"],
      timeZone: form["profile.time_zone"], etag: form["etag"])
    do {
      _ = try await ProfilesClient(context.caller).updateProfile(
        .init(profile: profile, updateMask: .init(paths: ["landing_page", "time_zone"])))
    } catch {
      guard let errors = UI.FormErrors(error) else { throw error }
      return await page(context, profile, errors: errors)
    }
    context.refreshSession()
    var response = Response.redirect(
      to: "/settings/preferences", flash: .success("Your preferences are saved."))
    if let theme = UI.Theme(rawValue: form["theme"]) {
      response.cookies = [context.cookie(theme: theme)]
    }
    return response
  }
}
