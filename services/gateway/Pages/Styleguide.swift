import Foundation
import Values

/// `/styleguide`: every component in every state, then whole pages made of them. It is the place to
/// look before writing a page, and what the visual and accessibility checks run on.
enum Styleguide {
  /// Where its examples post to; nothing answers there.
  static let nowhere: SafeURL = "/styleguide"
  /// All times of the page are told from here, so that the server writes the same page every day.
  static let now = Instant(seconds: 1_778_162_400)

  struct Section {
    var id: String
    var title: String
    var body: HTML
  }

  static func page(shell: UI.Shell) -> HTML {
    let sections = components + [Section(id: "patterns", title: "Patterns", body: patternList)]
    let index = sections.html { "<li><a href=\"#\($0.id)\">\($0.title)</a></li>" }
    return UI.layout(
      title: "Style guide", shell: shell, moreStyles: ["styleguide.css"],
      main: """
        \(UI.pageHead(
          "Style guide",
          meta: "Every component in every state, in the theme of your choice. Tokens live in tokens.css."))
        <nav class="guide-index" aria-label="Sections"><ul class="chips">\(index)</ul></nav>
        <div class="stack-l">\(sections.html(section))</div>
        """)
  }

  private static func section(_ section: Section) -> HTML {
    """
    <section class="stack" id="\(section.id)" aria-labelledby="\(section.id)-h">\
    <h2 id="\(section.id)-h">\(section.title)</h2>\(section.body)</section>
    """
  }

  static var components: [Section] {
    [
      Section(id: "colour", title: "Colour and type", body: colours),
      Section(id: "actions", title: "Buttons and links", body: actions),
      Section(id: "badges", title: "Badges, priorities, people", body: badges),
      Section(id: "navigation", title: "Tabs, breadcrumbs, menus", body: navigation),
      Section(id: "cards", title: "Cards and facts", body: cards),
      Section(id: "tables", title: "Tables, filters, pages", body: tables),
      Section(id: "forms", title: "Forms", body: forms),
      Section(id: "thread", title: "Thread, timeline, composer", body: conversation),
      Section(id: "tiles", title: "Home tiles", body: tiles),
      Section(id: "feedback", title: "Feedback", body: feedback),
      Section(id: "amounts", title: "Time, money, size", body: amounts),
    ]
  }

  /// Whole pages, at `/styleguide/<name>`.
  static func pattern(_ name: String, shell: UI.Shell) -> HTML? {
    patterns.first { $0.name == name }?.page(shell)
  }

  static let patterns: [(name: String, title: String, page: @Sendable (UI.Shell) -> HTML)] = [
    ("home", "Home page of a customer", homePage),
    ("tickets", "Ticket list in the console", ticketListPage),
    ("ticket", "Ticket of a customer", ticketPage),
    ("new-ticket", "New ticket, refused with errors", newTicketPage),
    ("login", "Login", loginPage),
    ("error", "Error page", errorPage),
  ]

  private static var patternList: HTML {
    let rows = patterns.map { pattern in
      UI.tileRow(
        pattern.title, to: "/styleguide/\(pattern.name)", detail: "/styleguide/\(pattern.name)")
    }
    return UI.card(body: UI.tileList(rows))
  }

  /// An example with its name above it.
  static func example(_ title: String, _ body: HTML) -> HTML {
    "<div class=\"stack\"><h3 class=\"quiet\">\(title)</h3>\(body)</div>"
  }
}
