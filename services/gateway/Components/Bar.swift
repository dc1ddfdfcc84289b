extension UI {
  /// The bar of a signed-in page: house, tabs, account switcher, contact, messages, user. The
  /// stylesheet lays the same markup out on top (portal), at the side (console) or, on a phone, as a
  /// drawer that opens without JavaScript (popover).
  static func bar(_ shell: Shell) -> HTML {
    """
    <header class="bar">
    <button class="btn-icon bar-menu" type="button" popovertarget="nav" \
    aria-label="Menu">\(icon(.menu))</button>
    <a class="house" href="/">\(houseMark(shell.house))</a>
    <div class="drawer" id="nav" popover>
    <button class="btn-icon drawer-close" type="button" popovertarget="nav" \
    popovertargetaction="hide" aria-label="Close menu">\(icon(.close))</button>
    <nav class="nav" aria-label="Main">\(navigation(shell.tabs, path: shell.active ?? shell.path))</nav>
    <div class="bar-tools">\(accountSwitcher(shell))\(when: shell.kind == .portal, contactMenu(shell.house))</div>
    </div>
    <div class="bar-end">\(envelope(shell))\(userMenu(shell))</div>
    </header>
    """
  }

  /// The house's logo or initial, and its name.
  static func houseMark(_ house: House) -> HTML {
    let mark: HTML =
      house.logo.map { "<img class=\"house-logo\" src=\"\($0)\" alt=\"\">" }
      ?? "<span class=\"house-initial\" aria-hidden=\"true\">\(house.displayName.prefix(1))</span>"
    return "\(mark)<span class=\"house-name\">\(house.displayName)</span>"
  }

  private static func navigation(_ tabs: [NavItem], path: String) -> HTML {
    var group: String?
    var html: HTML = "<ul>"
    for tab in tabs {
      if let heading = tab.group, heading != group {
        html += "<li class=\"nav-group\">\(heading)</li>"
        group = heading
      }
      let count = tab.count.flatMap { $0 > 0 ? $0 : nil }
      html += """
        <li><a href="\(tab.url)"\(attribute: "aria-current", isCurrent(tab, tabs, path))>\
        \(icon(tab.icon))<span>\(tab.title)</span>\
        \(count.map { "<span class=\"count\">\($0)</span>" as HTML })</a></li>
        """
    }
    return html + "</ul>"
  }

  /// `page` for the tab with the longest path that this page lies under; `/` only for itself.
  private static func isCurrent(_ tab: NavItem, _ tabs: [NavItem], _ path: String) -> String? {
    let here = path.prefix { $0 != "?" }
    func covers(_ url: SafeURL) -> Bool {
      if here == url.text || path == url.text { return true }
      return url.text != "/" && here.hasPrefix(url.text + "/")
    }
    let best = tabs.filter { covers($0.url) }.max { $0.url.text.count < $1.url.text.count }
    return best?.url == tab.url ? "page" : nil
  }

  /// The *Related Properties* switch: disabled with one account (S-086), absent with none.
  private static func accountSwitcher(_ shell: Shell) -> HTML {
    guard let current = shell.accounts.first(where: \.isCurrent) ?? shell.accounts.first else {
      return .empty
    }
    guard shell.accounts.count > 1 else {
      return """
        <button class="btn btn-ghost account" type="button" disabled>\
        \(icon(.users))<span class="clip">\(current.title)</span></button>
        """
    }
    let choices = shell.accounts.html { account in
      """
      <li><button class="menu-item" name="account" value="\(account.name)"\
      \(attribute: "aria-current", account == current ? "true" : nil)>\
      \(account.title)\(when: account == current, icon(.check))</button></li>
      """
    }
    return menu(
      label: "\(icon(.users))<span class=\"clip\">\(current.title)</span>\(icon(.chevronDown))",
      title: "Account: \(current.title)", style: "account",
      body: form(
        action: "/account/switch", csrf: shell.csrf,
        body: "\(hidden("next", shell.path))<ul class=\"menu-list\">\(choices)</ul>"))
  }

  private static func contactMenu(_ house: House) -> HTML {
    guard house.hasContact else { return .empty }
    return menu(
      label: "\(icon(.help))<span>Contact</span>\(icon(.chevronDown))",
      title: "Contact \(house.displayName)", style: "contact", body: contactList(house))
  }

  private static func contactList(_ house: House) -> HTML {
    let mail = house.email.map {
      "<li><a class=\"menu-item\" href=\"\(SafeURL(checked: "mailto:" + $0))\">\(icon(.mail))\($0)</a></li>"
        as HTML
    }
    let phone = house.phone.map { number in
      let digits = number.filter { $0.isNumber || $0 == "+" }
      return
        "<li><a class=\"menu-item\" href=\"\(SafeURL(checked: "tel:" + digits))\">\(icon(.phone))\(number)</a></li>"
        as HTML
    }
    let links = house.links.html { link in
      """
      <li><a class="menu-item" href="\(link.url)" rel="noopener noreferrer">\(icon(.external))\(link.title)</a></li>
      """
    }
    return "<ul class=\"menu-list\">\(mail)\(phone)\(links)</ul>"
  }

  /// E-mail and phone under the card of a page before login.
  static func houseContact(_ house: House) -> HTML {
    guard house.hasContact else { return .empty }
    return "<footer class=\"auth-contact\" aria-label=\"Contact\">\(contactList(house))</footer>"
  }

  private static func envelope(_ shell: Shell) -> HTML {
    guard let unread = shell.unread else { return .empty }
    return live("envelope", on: ["message.", "conversation."], envelope(unread))
  }

  private static func envelope(_ unread: Int) -> HTML {
    let label = unread == 0 ? "Messages" : "Messages, \(unread) unread"
    let count = unread > 99 ? "99+" : String(unread)
    return """
      <a class="btn-icon envelope" href="/messages" aria-label="\(label)" title="\(label)">\
      \(icon(.mail))\(when: unread > 0, "<span class=\"dot-count\" aria-hidden=\"true\">\(count)</span>")</a>
      """
  }

  private static func userMenu(_ shell: Shell) -> HTML {
    guard let viewer = shell.viewer else { return .empty }
    let themes = Theme.allCases.html { theme in
      """
      <button name="theme" value="\(theme.rawValue)" class="segment" \
      aria-pressed="\(theme == shell.theme ? "true" : "false")">\
      \(icon(theme.icon))<span>\(theme.title)</span></button>
      """
    }
    return menu(
      label: """
        \(avatar(viewer.name, photo: viewer.photo))<span class="bar-user clip">\(viewer.name)</span>
        """,
      title: "Your menu: \(viewer.name)", style: "user",
      body: """
        <div class="menu-head"><strong>\(viewer.name)</strong>\
        \(viewer.detail.map { "<span>\($0)</span>" as HTML })</div>
        <ul class="menu-list"><li><a class="menu-item" href="/settings">\(icon(.settings))My Settings</a></li>\
        <li><a class="menu-item" href="/developers">\(icon(.book))API for developers</a></li></ul>
        \(form(
          action: "/theme", csrf: shell.csrf, style: "theme-switch",
          body: "\(hidden("next", shell.path))<div class=\"segments\" role=\"group\" aria-label=\"Theme\">\(themes)</div>"))
        \(form(
          action: "/logout", csrf: shell.csrf, style: "menu-foot",
          body: "<button class=\"menu-item\">\(icon(.logOut))Log Out</button>"))
        """)
  }
}

extension UI.House {
  fileprivate var hasContact: Bool { email != nil || phone != nil || !links.isEmpty }
}
