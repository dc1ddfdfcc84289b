import Foundation
import Values

extension Styleguide {
  static var colours: HTML {
    let swatches = [
      "canvas", "surface", "sunken", "raised", "hover", "line", "line-strong", "outline", "ink",
      "ink-2", "ink-3", "accent-solid", "accent-ink", "accent-soft", "danger-solid",
    ]
    return """
      <ul class="swatches">\
      \(swatches.html { "<li><span data-swatch=\"\($0)\"></span><code>\($0)</code></li>" })</ul>
      \(UI.card(body: """
        <div class="stack"><h1>Heading one, 22 to 26 px</h1><h2>Heading two, 17 px</h2>\
        <h3>Heading three, 15 px</h3>\
        <p>Body text, 15 px. The quick technician jumps over the lazy printer, \
        <a href="#colour">as linked here</a>, and notes <code>TKT-1042</code>.</p>\
        <p class="quiet">Quiet text for what can be skipped.</p></div>
        """))
      """
  }

  static var actions: HTML {
    let styles: [HTML] = UI.ButtonStyle.allCases.map {
      UI.button($0.rawValue.capitalized, style: $0)
    }
    let withIcons = [
      UI.button("New ticket", icon: .plus),
      UI.button("Download PDF", style: .secondary, icon: .download),
      UI.button("Delete tenant", style: .danger, icon: .trash),
      UI.button("Refresh", style: .ghost, icon: .refresh),
    ]
    let small = UI.ButtonStyle.allCases.map {
      UI.button($0.rawValue.capitalized, style: $0, isSmall: true)
    }
    return UI.card(
      body: """
        <div class="stack">\
        \(example("Styles", UI.actions(styles)))\
        \(example("With icons", UI.actions(withIcons)))\
        \(example("Small", UI.actions(small)))\
        \(example("Disabled and busy", UI.actions([
          UI.button("Save", isDisabled: true), UI.button("Saving…", isBusy: true),
          UI.button("Sending…", style: .secondary, isBusy: true),
        ])))\
        \(example("Icon buttons", UI.actions([
          UI.iconButton("Star", icon: .star, isPressed: false),
          UI.iconButton("Starred", icon: .star, isPressed: true),
          UI.iconButton("Archive", icon: .archive),
          UI.iconButton("Delete", icon: .trash, isDisabled: true),
        ])))\
        \(example("Links", UI.actions([
          UI.link("Inline link", to: "#actions"), UI.link("Quiet link", to: "#actions", isQuiet: true),
          UI.externalLink("Status page", to: "https://example.com/"),
          UI.linkButton("Link as button", to: "#actions", icon: .arrowRight),
        ])))\
        \(example("Icons", "<div class=\"icon-wall\">\(Icon.allCases.html { UI.icon($0, label: $0.rawValue) })</div>"))\
        </div>
        """)
  }

  static var badges: HTML {
    UI.card(
      body: """
        <div class="stack">\
        \(example("Tones", UI.actions(UI.Tone.allCases.map { UI.badge($0.rawValue.capitalized, tone: $0) })))\
        \(example("Ticket stages, as customers and as staff read them",
          UI.actions(UI.TicketStage.allCases.map { UI.ticketStage($0) }
            + [UI.ticketStage(.waitingForCustomer, forStaff: true)])))\
        \(example("Priorities", UI.actions(UI.Urgency.allCases.map {
          UI.priority($0.rawValue.capitalized, urgency: $0)
        })))\
        \(example("Invoice stages", UI.actions(UI.InvoiceStage.allCases.map { UI.invoiceStage($0) })))\
        \(example("People", UI.actions([
          UI.person("Dana Reyes"), UI.person("Sam Ortega"), UI.person("Priya Natarajan"),
          UI.person("Łukasz Żak"), UI.person("Wei Chen"), UI.person("Amara Okafor"), UI.person(nil),
          UI.avatar("Dana Reyes", isLarge: true),
        ])))\
        </div>
        """)
  }

  static var navigation: HTML {
    """
    \(UI.breadcrumbs([("Accounts", "#navigation"), ("Harbor Dental", "#navigation")]))
    \(UI.tabs([
      .init(title: "Open", url: "#navigation", count: 12, isCurrent: true),
      .init(title: "Closed", url: "#navigation", count: 188),
      .init(title: "Client Portal Access", url: "#navigation"),
    ], label: "Example tabs"))
    \(UI.actions([
      UI.menu(
        label: "Sort by\(UI.icon(.chevronDown))", title: "Sort by",
        body: "<ul class=\"menu-list\"><li>\(UI.menuLink("Newest first", to: "#navigation"))</li><li>\(UI.menuLink("Due first", to: "#navigation"))</li></ul>"),
      UI.form(action: nowhere, csrf: "example", body: UI.moreMenu(items: [
        UI.menuButton("Archive", icon: .archive, name: "do", value: "archive"),
        UI.menuButton("Delete", icon: .trash, name: "do", value: "delete", isDanger: true),
      ])),
    ]))
    """
  }

  static var cards: HTML {
    let facts: [(term: String, value: HTML?)] = [
      ("Number", UI.copyable("TKT-1042")), ("Contact", UI.person("Dana Reyes")),
      ("Due", UI.date(day(2026, 5, 12))), ("Affected asset", nil),
    ]
    return """
      <div class="tiles">\
      \(UI.card("Details", actions: [UI.linkButton("Edit", to: "#cards", icon: .edit, isSmall: true)],
        footer: "Last changed \(UI.time(now - .hours(3), now: now))", body: UI.descriptionList(facts)))\
      \(UI.card("Prepaid hours", body: """
        <div class="stack">\(UI.progress("Used in May", value: 870, total: 1200, text: "14 h 30 min of 20 h"))\
        \(UI.progress("Used in April", value: 1320, total: 1200, text: "22 h of 20 h, 2 h over"))</div>
        """))</div>
      \(UI.card("Contract", body: UI.descriptionList([
        ("Type", "Retainer by hours"), ("Reference", "C-2026-004"), ("Start", UI.date(day(2026, 1, 1))),
        ("End", UI.date(day(2026, 12, 31))), ("SLA", "Gold, 4 h response"), ("Setup fees", amount(25_000)),
      ], isWide: true)))
      """
  }

  static func day(_ year: Int, _ month: Int, _ day: Int) -> CivilDate {
    CivilDate(year: year, month: month, day: day) ?? .earliest
  }
  static let euro = Currency("EUR")
  static func amount(_ minorUnits: Int64, _ code: String = "EUR") -> HTML {
    Currency(code).map { UI.money(Money(minorUnits: minorUnits, $0)) } ?? ""
  }
}
