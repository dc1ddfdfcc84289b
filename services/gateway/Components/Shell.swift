extension UI {
  /// What the frame around every page needs to know: whose portal it is, who looks at it, where they
  /// may go. Made once per request.
  struct Shell: Sendable {
    enum Kind: String, Sendable {
      /// The customers' portal: a top bar.
      case portal
      /// The staff console: a side bar.
      case console
    }

    var kind: Kind = .portal
    var house: House
    /// nil before login; the frame then has no navigation.
    var viewer: Viewer?
    /// The permitted tabs, in order.
    var tabs: [NavItem] = []
    /// The accounts or properties that the viewer may look at; with one the switcher is disabled.
    var accounts: [AccountChoice] = []
    /// Unread messages; nil hides the envelope (no permission or no answer).
    var unread: Int?
    var theme: Theme = .system
    /// The token for the hidden field of every form.
    var csrf: String
    /// The path and query of this page: what is marked as current, and where a theme or account
    /// switch comes back to.
    var path: String
    /// The tab that this page belongs to, where its own path does not say so: a ticket's page under
    /// `/accounts/…` belongs to `/tickets`.
    var active: String?
    /// `asset("app.css")` is the fingerprinted URL path of a file in `Assets/`.
    var asset: @Sendable (String) -> String
    var flashes: [FlashMessage] = []
    /// The key of a draft whose form has just been saved: the browser forgets it (U-13).
    var savedDraft: String?
    /// Where the page's live parts begin to listen; nil for a page without any.
    var liveCursor: String?
  }

  /// The provider as its customers see it.
  struct House: Sendable, Hashable {
    /// `Northwind IT`
    var displayName: String
    var logo: SafeURL?
    /// The stylesheet with the brand colour (`/brand/3854c8`); nil keeps Portico's own accent.
    var brandSheet: SafeURL?
    var email: String?
    var phone: String?
    /// Elsewhere on the web: social networks, status page.
    var links: [Link] = []

    struct Link: Sendable, Hashable {
      var title: String
      var url: SafeURL
    }
  }

  struct Viewer: Sendable, Hashable {
    /// `users/ada`: whose drafts this browser shows, and nobody else's on the same machine.
    var id = ""
    var name: String
    /// The second line of the user menu: the e-mail or the account.
    var detail: String?
    var photo: SafeURL?
  }

  struct NavItem: Sendable, Hashable {
    var title: String
    var url: SafeURL
    var icon: Icon
    /// Shown beside the title; 0 and nil are not shown.
    var count: Int?
    /// The heading of the group it stands in; only the console shows groups.
    var group: String?
  }

  struct AccountChoice: Sendable, Hashable {
    /// The resource name, posted as `account`.
    var name: String
    var title: String
    var isCurrent: Bool
  }

  /// What the user chose; the server writes it on `<html>` so that no page flashes.
  enum Theme: String, Sendable, CaseIterable {
    case system, light, dark

    var title: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }
    var icon: Icon {
      switch self {
      case .system: .monitor
      case .light: .sun
      case .dark: .moon
      }
    }
  }

  /// The whole document around `main`.
  ///
  /// - Parameters:
  ///   - title: the page's own title; the house's name is added.
  ///   - isWide: a table of the console uses the whole width; the portal has one width, so that its
  ///     bar never moves.
  ///   - moreStyles: stylesheets in `Assets/` that only this page needs.
  static func layout(
    title: String, shell: Shell, isWide: Bool = false, moreStyles: [String] = [], main: HTML
  ) -> HTML {
    document(
      title: title, shell: shell, moreStyles: moreStyles,
      body: """
        <a class="skip" href="#main">Skip to content</a>
        \(when: shell.viewer != nil, bar(shell))
        <main id="main" class="main" tabindex="-1"\(flag: "data-wide", isWide)>
        \(flashBanners(shell.flashes))
        \(main)
        </main>
        \(toasts(shell.flashes, csrf: shell.csrf))
        """)
  }

  /// A page before login: one card in the middle of the screen, with the house's name above it.
  static func authLayout(title: String, shell: Shell, main: HTML) -> HTML {
    document(
      title: title, shell: shell,
      body: """
        <a class="skip" href="#main">Skip to content</a>
        <main id="main" class="auth" tabindex="-1">
        <div class="auth-house">\(houseMark(shell.house))</div>
        \(flashBanners(shell.flashes))
        <div class="auth-card">\(main)</div>
        \(houseContact(shell.house))
        </main>
        """)
  }

  /// The sheets of every page, in their order; they are served as one, `app.css`.
  static let stylesheets = [
    "tokens.css", "base.css", "shell.css", "components.css", "forms.css", "content.css",
    "developers.css", "print.css",
  ]
  static let modules = [
    "live.js", "menu.js", "theme.js", "time.js", "dialog.js", "toast.js", "fields.js", "submit.js",
    "counter.js", "dependent.js", "files.js", "draft.js", "selection.js", "copy.js",
    "read.js",
  ]

  /// Nothing is shown before all of the page is there: a bar that is painted half moves when its other half comes.
  private static func document(
    title: String, shell: Shell, moreStyles: [String] = [], body: HTML
  ) -> HTML {
    let theme = shell.theme == .system ? nil : shell.theme.rawValue
    return """
      <!doctype html>
      <html lang="en" data-shell="\(shell.kind.rawValue)"\(attribute: "data-theme", theme)>
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="expect" href="#end" blocking="render">
      \(shell.viewer.map { "<meta name=\"viewer\" content=\"\($0.id)\">" as HTML })
      \(shell.savedDraft.map { "<meta name=\"draft-saved\" content=\"\($0)\">" as HTML })
      \(shell.liveCursor.map { "<meta name=\"live\" content=\"\($0)\">" as HTML })
      <title>\(title) · \(shell.house.displayName)</title>
      <link rel="icon" type="image/svg+xml" href="\(shell.asset("favicon.svg"))">
      \(([StylesheetBundle.name] + moreStyles).html { "<link rel=\"stylesheet\" href=\"\(shell.asset($0))\">\n" })\
      \(shell.house.brandSheet.map { "<link rel=\"stylesheet\" href=\"\($0)\">" as HTML })
      \(modules.html { "<script type=\"module\" src=\"\(shell.asset($0))\"></script>\n" })\
      </head>
      <body>
      \(body)
      <div id="end" hidden></div>
      </body>
      </html>

      """
  }
}
