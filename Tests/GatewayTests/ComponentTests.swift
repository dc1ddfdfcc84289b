import Foundation
import Testing
import Values

@testable import Gateway

@Suite("Components")
struct ComponentTests {
  static let shell = Styleguide.sampleShell(theme: .dark, csrf: "token&1") { "/assets/\($0)?v=1" }

  @Test(
    "U-21 the chosen theme is on the root element; the system's choice leaves it to the browser")
  func theme() {
    let dark = UI.layout(title: "T", shell: Self.shell, main: "").description
    #expect(dark.contains("<html lang=\"en\" data-shell=\"portal\" data-theme=\"dark\">"))
    var shell = Self.shell
    shell.theme = .system
    #expect(!UI.layout(title: "T", shell: shell, main: "").description.contains("data-theme="))
  }

  private var hasBrand: Bool { Self.shell.house.brandSheet != nil }

  @Test("The one sheet and every module of the frame go through the fingerprint")
  func assets() {
    let page = UI.layout(title: "T", shell: Self.shell, main: "").description
    #expect(page.components(separatedBy: "rel=\"stylesheet\"").count == 2 + (hasBrand ? 1 : 0))
    for file in [StylesheetBundle.name] + UI.modules {
      #expect(page.contains("/assets/\(file)?v=1"), "\(file)")
    }
    #expect(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="))
  }

  @Test("Every file that the frame names is in Assets")
  func assetFiles() throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../services/gateway/Assets")
    for file in UI.stylesheets + UI.modules + ["favicon.svg", "styleguide.css"] {
      let data = try Data(contentsOf: folder.appending(path: file))
      #expect(!data.isEmpty, "\(file)")
    }
  }

  @Test("U-05 the tab with the longest matching path is the current one")
  func currentTab() {
    var shell = Self.shell
    shell.tabs = [
      .init(title: "Home", url: "/", icon: .home),
      .init(title: "Tickets", url: "/tickets", icon: .ticket),
      .init(title: "Closed", url: "/tickets/closed", icon: .check),
    ]
    shell.path = "/tickets/closed/7?x=1"
    let bar = UI.bar(shell).description
    #expect(bar.contains("<a href=\"/tickets/closed\" aria-current=\"page\">"))
    #expect(bar.components(separatedBy: "aria-current=\"page\"").count == 2)
    shell.path = "/ticketsandmore"
    #expect(!UI.bar(shell).description.contains("aria-current=\"page\""))
  }

  @Test(
    "S-086 with one account the switcher is greyed out; S-014 S-084 contact and Log Out are there")
  func bar() {
    var shell = Self.shell
    shell.accounts = [.init(name: "accounts/a", title: "Only <one>", isCurrent: true)]
    let bar = UI.bar(shell).description
    #expect(bar.contains("account\" type=\"button\" disabled"))
    #expect(bar.contains("Only &lt;one&gt;"))
    #expect(bar.contains("href=\"mailto:help@northwind.example\""))
    #expect(bar.contains("href=\"tel:+442079460958\""))
    #expect(bar.contains("action=\"/logout\"") && bar.contains("Log Out"))
    #expect(bar.contains("Messages, 2 unread"))
  }

  @Test("X-07 every form that posts carries the token")
  func tokens() {
    for pattern in Styleguide.patterns {
      let page = pattern.page(Self.shell).description
      let forms = page.components(separatedBy: "<form method=\"post\"").count - 1
      let tokens = page.components(separatedBy: "<input type=\"hidden\" name=\"_csrf\"").count - 1
      #expect(forms > 0 && forms == tokens, "\(pattern.name)")
    }
  }

  @Test("U-12 hint and error are tied to the control; what was typed is kept")
  func fieldErrors() {
    let field = UI.Field("ticket.title", "Title", hint: "One line", error: "Say <what>")
    let html = UI.textField(field, value: "a\"b", limit: 10).description
    #expect(html.contains("<label class=\"label\" for=\"f-ticket-title\">"))
    #expect(
      html.contains(
        "aria-describedby=\"f-ticket-title-hint f-ticket-title-count f-ticket-title-error\""))
    #expect(html.contains("aria-invalid=\"true\"") && html.contains("value=\"a&quot;b\""))
    #expect(html.contains("id=\"f-ticket-title-error\"") && html.contains("Say &lt;what&gt;"))
    let summary = UI.errorSummary(
      .init(byField: ["ticket.title": "Say", "other": "Else"], general: ["All"]), fields: [field])
    #expect(summary.description.contains("<a href=\"#f-ticket-title\">Title: Say</a>"))
    #expect(summary.description.contains("<li>Else</li>"))
    #expect(UI.errorSummary(.init(), fields: [field]).isEmpty)
  }

  @Test("A password is never written back; a text area keeps a leading line end")
  func values() {
    let secret = UI.textField(UI.Field("p", "P"), value: "hunter2", type: .password)
    #expect(!secret.description.contains("hunter2"))
    #expect(
      UI.textArea(UI.Field("t", "T"), value: "\nx</textarea>").description.contains(">\n\nx&lt;"))
  }

  @Test("D-58 the counter counts Unicode scalars")
  func counter() {
    let html = UI.textArea(UI.Field("t", "T"), value: "👩🏽‍🔧é", limit: 4).description
    #expect(html.contains("5 of 4 characters") && html.contains("data-over"))
  }

  @Test("S-102 the choices of a dependent select say whose they are")
  func dependent() {
    let html = UI.dependentSelect(
      UI.Field("sub", "Sub"), groups: Styleguide.subIssueTypes, selected: "laptop",
      dependsOn: "ticket.issue_type"
    ).description
    #expect(html.contains("data-depends-on=\"f-ticket-issue-type\""))
    #expect(html.contains("<optgroup label=\"Hardware\" data-parent=\"hardware\">"))
    #expect(html.contains("<option value=\"laptop\" selected>"))
  }

  @Test("D-34 an internal note says so in words; customers do not see the choice")
  func thread() {
    let note = UI.thread([
      .message(
        .internalNote, author: "Sam", photo: nil, time: "", body: UI.prose("x"), attachments: [],
        id: "m")
    ]).description
    #expect(note.contains("Internal note · not visible to the customer"))
    func composer(isStaff: Bool) -> String {
      UI.composer(
        action: "/x", csrf: "t", isStaff: isStaff, draft: "d", fileLimit: "", maxBytes: 1
      ).description
    }
    #expect(composer(isStaff: true).contains("value=\"internal\""))
    #expect(!composer(isStaff: false).contains("visibility"))
  }

  @Test("X-14 plain text keeps its lines and links only web addresses")
  func prose() {
    let html = UI.prose("See https://a.example/x?y=1&z=2.\njavascript:alert(1)\n\n<b>")
    #expect(
      html.description == """
        <p>See <a href="https://a.example/x?y=1&amp;z=2" rel="noopener noreferrer nofollow">\
        https://a.example/x?y=1&amp;z=2</a>.<br>javascript:alert(1)</p><p>&lt;b&gt;</p>
        """)
  }

  @Test("U-07 nothing yet is not the same as no match")
  func empty() {
    let none = UI.noMatch("tickets", clear: "/tickets").description
    #expect(none.contains("No tickets match") && none.contains("href=\"/tickets\""))
  }

  @Test("N-10 a tile that failed says so and offers another try")
  func tile() {
    let html = UI.tile("Invoices", icon: .invoice, state: .failed(retry: "/")).description
    #expect(html.contains("could not be loaded") && html.contains("Try again"))
  }

  @Test("U-15 the sorted column is announced, the rows can be chosen")
  func table() {
    let html = UI.table(
      Styleguide.samples, caption: "Tickets", columns: Styleguide.columns(),
      selection: Styleguide.selection
    ).description
    #expect(html.contains("aria-sort=\"descending\""))
    #expect(html.contains("data-label=\"Priority\""))
    #expect(html.contains("value=\"TKT-1042\" aria-label=\"Select TKT-1042\""))
  }
}

@Suite("Formats")
struct FormatTests {
  static let now = Instant(seconds: 1_778_162_400)

  @Test(
    "U-19 relative up to 7 days",
    arguments: [
      (-10, "just now"), (44, "just now"), (-45, "1 minute ago"), (-300, "5 minutes ago"),
      (-3600, "1 hour ago"), (7200, "in 2 hours"), (-86_400, "1 day ago"), (604_799, "in 7 days"),
    ])
  func relative(seconds: Int, text: String) {
    #expect(UI.relative(Self.now + .seconds(seconds), now: Self.now) == text)
  }

  @Test("U-22 words that no cell has room for may break, others may not, and nothing is lost")
  func breakable() {
    let name = "Gesellschaft für Donaudampfschifffahrtsgesellschaften"
    let html = UI.breakable(name).description
    #expect(html == "Gesellschaft für Donaudampfschifffahr<wbr>tsgesellschaften")
    #expect(UI.breakable("Larkspur Dental Group of Ireland").description.contains("<wbr>") == false)
    #expect(UI.breakable(String(repeating: "<", count: 21)).description.hasSuffix("<wbr>&lt;"))
    #expect(UI.email("ruth@larkspur.example")?.description == "ruth@<wbr>larkspur.example")
  }

  @Test(
    "One is counted as one",
    arguments: [("tickets", "ticket"), ("entries", "entry"), ("mail", "mail")])
  func singular(things: String, thing: String) {
    #expect(UI.singular(things) == thing)
    #expect(UI.counted(1, "minute") == "1 minute")
    #expect(UI.counted(2, "minute") == "2 minutes")
  }

  @Test("U-19 from 7 days on the date, with the exact time and its zone in the title")
  func dates() throws {
    #expect(UI.relative(Self.now - .days(7), now: Self.now) == nil)
    let zone = try #require(TimeZone(secondsFromGMT: 19_800))
    let html = UI.time(Self.now, now: Self.now, zone: zone, style: .absolute).description
    #expect(html.contains("datetime=\"2026-05-07T14:00:00Z\""))
    #expect(html.contains("title=\"7 May 2026, 19:30 UTC+5:30\">7 May 2026, 19:30</time>"))
    let before = UI.time(Instant(microseconds: -1), now: Self.now, style: .absolute).description
    #expect(before.contains("datetime=\"1969-12-31T23:59:59Z\""))
  }

  @Test(
    "U-20 money shows its currency and its sign",
    arguments: [
      (Int64(123_456_789), "EUR", "€1,234,567.89"), (-5, "USD", "−US$0.05"), (0, "GBP", "£0.00"),
      (900, "JPY", "¥900"), (1250, "KWD", "KWD\u{A0}1.250"),
      (Int64.min, "EUR", "−€92,233,720,368,547,758.08"),
    ])
  func money(minorUnits: Int64, code: String, text: String) throws {
    let currency = try #require(Currency(code))
    #expect(UI.moneyText(Money(minorUnits: minorUnits, currency)) == text)
  }

  @Test(
    "File sizes",
    arguments: [
      (Int64(0), "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1000, "1.0 KB"), (88_412, "88 KB"),
      (999_949, "1.0 MB"), (3_412_000, "3.4 MB"), (25_000_000, "25 MB"), (7_000_000_000, "7.0 GB"),
    ])
  func sizes(bytes: Int64, text: String) {
    #expect(UI.fileSize(bytes) == text)
  }

  @Test("D-36 durations in two units")
  func durations() {
    let texts = [0, 35, 60, 298, 1440, 3125].map { UI.duration(minutes: $0).description }
    let words = ["0 min", "35 min", "1 h", "4 h 58 min", "1 d", "2 d 4 h"]
    #expect(texts == words.map { "<span class=\"amount\">\($0)</span>" })
  }
}
