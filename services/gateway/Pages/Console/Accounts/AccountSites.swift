import PorticoAPI
import RPC

/// The places of an account, and the form for another one.
struct AccountSites {
  let content: AccountPage.Content
  let context: PageContext
  let state: FormState

  var html: HTML {
    guard let sites = content.sites else { return AccountPage.missing("Sites") }
    let list = sites.isEmpty ? "<p class=\"quiet\">No sites yet.</p>" : Self.list(sites)
    return UI.card(
      "Sites", body: "<div class=\"form\">\(list)\(when: context.may(.accountsWrite), form)</div>")
  }

  /// The places one below the other.
  static func list(_ sites: [Identity.Site]) -> HTML {
    UI.tileList(
      sites.map { site in
        let place = [site.address?.street, site.address?.city, site.phone]
          .compactMap(\.self).filter { !$0.isEmpty }
        return """
          <li class="tile-row"><div><strong>\(site.displayName)</strong>\
          <p>\(UI.facts(place.map { HTML(text: $0) }))</p></div></li>
          """
      })
  }

  private var form: HTML {
    let url: SafeURL = "/\(content.account.name)"
    let name = state.field("site.display_name", "Name of a new site")
    let phone = state.field("site.phone", "Phone", isOptional: true)
    let address = AccountForm.addressFields(.init(), "site", state)
    return UI.form(
      action: "\(url)/sites", csrf: context.csrfToken, style: "form",
      body: """
        \(state.summary([name] + address.map(\.field) + [phone], reload: url))\(state.requestID)\
        \(UI.textField(name, value: state.text(name.name)))\(address.html(\.html))\
        \(UI.textField(phone, value: state.text(phone.name), type: .tel))\
        \(UI.actions([UI.button("Add site", style: .secondary, icon: .plus)]))
        """)
  }
}
