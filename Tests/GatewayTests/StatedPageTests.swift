import Access
import PorticoAPI
import TestSupport
import Testing
import WellKnown

@testable import Gateway

/// What the source documents say of the frame, of landing, of the layouts and of the administrator's settings.
@Suite("Pages that the sources describe")
struct StatedPageTests {
  private let administrator = TestPrincipal.staff(.administrator)

  @Test("S-082 S-083 after login one lands at home, or on the page that one prefers")
  func landing() throws {
    #expect(SignInPages.landing(.init()) == .home)
    #expect(SignInPages.landing(.init(landingPage: "/tickets")) == "/tickets")
    // A stored value that is no path of the portal leads nowhere else.
    #expect(SignInPages.landing(.init(landingPage: "https://evil.test")) == .home)
    let form = PreferencesPage.form(
      try Samples.context(), .init(landingPage: "/tickets"), errors: .init()
    ).description
    #expect(form.contains("name=\"profile.landing_page\""))
    #expect(form.contains("value=\"/tickets\" selected"))
  }

  @Test("S-085 the chosen account is the one whose things are listed, while one belongs to it")
  func accounts() throws {
    var person = TestPrincipal.customer()
    person.memberships += TestPrincipal.customer(account: "birch").memberships
    func parent(_ cookie: String?) throws -> String {
      try Samples.context(person, cookies: cookie.map { ["portico-account=\($0)"] } ?? [])
        .listParent
    }
    #expect(try parent(nil) == "accounts/acme")
    #expect(try parent("birch") == "accounts/birch")
    #expect(try parent("globex") == "accounts/acme")
    let frame = try Samples.context(person, cookies: ["portico-account=birch"]).frame()
    let bar = UI.bar(frame).description
    #expect(bar.contains("action=\"/account/switch\"") && bar.contains("Account: Birch"))
    #expect(bar.contains("value=\"accounts/acme\"") && !bar.contains("type=\"button\" disabled"))
  }

  @Test("S-045 S-062 S-068 S-084 the portal's name, e-mail, phone and chosen links, and no others")
  func house() throws {
    let portal = Identity.Portal(
      tenant: "northwind", displayName: "Harbour Desk", active: true,
      contactEmail: "help@harbour.test", contactPhone: "+353 1 555",
      socialLinks: [.init(network: "linkedin", url: "https://linkedin.test/harbour")])
    let bar = UI.bar(try Samples.context(portal: portal).frame()).description
    for part in [
      "<span class=\"house-name\">Harbour Desk</span>", "mailto:help@harbour.test", "tel:+3531555",
      "https://linkedin.test/harbour",
    ] { #expect(bar.contains(part)) }
    let plain = UI.bar(try Samples.context().frame()).description
    #expect(!plain.contains("linkedin") && !plain.contains("mailto:"))
    let login = SignInPages.loginPage(try Samples.context(nil, portal: portal), userName: "")
    guard case .bytes(let bytes) = login.body else {
      Issue.record("the login page has no bytes")
      return
    }
    let page = String(decoding: bytes, as: UTF8.self)
    #expect(page.contains("<h1>Log in to Harbour Desk</h1>"))
  }

  @Test("S-037 S-038 the quick layout folds away what the full one, the same as staff's, shows")
  func layouts() throws {
    var choices = NewTicketChoices(account: "accounts/acme")
    func page() -> String {
      NewTicketForm.html(
        Form(), choices, errors: .init(), sent: [], csrf: "t", requestID: .empty
      ).description
    }
    let full = page()
    choices.isQuick = true
    let quick = page()
    let folded = try #require(quick.components(separatedBy: "<details").last)
    #expect(!full.contains("<details"))
    for field in ["site", "type", "category", "issue_type", "hardware_asset", "software_asset"] {
      #expect(folded.contains("name=\"ticket.\(field)\""))
    }
    #expect(!folded.contains("name=\"ticket.priority\""))
    (choices.isQuick, choices.isStaff) = (false, true)
    // Staff choose besides for whom it is: a customer is their own contact person (S-092).
    let contact = UI.select(UI.Field("ticket.contact", "Contact person"), options: [], selected: "")
    #expect(page().replacing(contact.description, with: "") == full)
  }

  @Test(
    "S-065 S-070 S-090 S-131 the floating button that opens a ticket is there while they are taken",
    arguments: [true, false])
  func submission(isAllowed: Bool) async throws {
    try await PagesStage.run(takesTickets: isAllowed) { stage in
      for (path, form) in [("/", "/tickets/open"), ("/tickets", "/tickets/new")] {
        let page = try await stage.get(path).body
        let heads = page.components(separatedBy: "<header class=\"page-head\">")
        let head = try #require(heads.last).prefix(until: "</header>")
        #expect(head.contains("href=\"\(form)\" data-float") == isAllowed, "\(path)")
        #expect(page.contains("href=\"\(form)\"") == isAllowed, "\(path)")
      }
      for (path, field) in [("/tickets/new", "ticket.title"), ("/tickets/open", "text")] {
        let form = try await stage.get(path)
        #expect(form.body.contains("name=\"\(field)\"") == isAllowed, "\(path)")
        #expect(form.body.contains("Tickets are not taken here") == !isAllowed, "\(path)")
      }
    }
  }

  @Test("S-126 D-58 opening a ticket takes a text of 499 Unicode scalars at most, and a category")
  func openTicket() async throws {
    try await PagesStage.run { stage in
      // A mechanic is four scalars, é made of two is two: neither counts as one.
      let start = "Stripes 👩🏽‍🔧 e\u{301}\n"
      let rest = OpenTicketPage.limit - start.unicodeScalars.count
      let text = start + String(repeating: "x", count: rest)
      #expect(text.unicodeScalars.count == 499)
      let long = try await stage.submit(
        "/tickets/open", [("account", "accounts/acme"), ("text", text + "x")])
      #expect(long.status == 422 && long.body.contains("Must have fewer than 500 characters"))
      #expect(long.body.contains("Stripes 👩🏽‍🔧"))
      let empty = try await stage.submit(
        "/tickets/open", [("account", "accounts/acme"), ("text", " \n")])
      #expect(empty.status == 422 && empty.body.contains("What is it about? is required"))
      #expect(stage.ticketing.state.withLock { $0.tickets.isEmpty })
      let opened = try await stage.submit(
        "/tickets/open", [("account", "accounts/acme"), ("text", text)], files: [("a.pdf", "pdf")])
      #expect(opened.status == 303 && opened["location"] == "/accounts/acme/tickets/1001")
      stage.ticketing.state.withLock { state in
        let ticket = state.tickets["accounts/acme/tickets/1001"]
        #expect(ticket?.title == "Stripes 👩🏽‍🔧 e\u{301}" && ticket?.details == text)
        #expect(state.received.map(\.name) == ["a.pdf"])
      }
    }
    let category = Ticketing.CatalogEntry(
      name: "catalogEntries/fault", kind: .category, displayName: "Fault")
    let page = OpenTicketPage.form(
      Form(), NewTicketChoices(account: "accounts/acme", catalog: [category]), errors: .init(),
      sent: [], csrf: "t", requestID: .empty
    ).description
    #expect(page.control("category")?.contains(" required") == true)
    #expect(page.control("category")?.contains(">Fault</option>") == true)
    let long = OpenTicketPage.title(of: "\n" + String(repeating: "word ", count: 30))
    #expect(long.hasSuffix("word…") && long.unicodeScalars.count <= 80)
  }

  @Test(
    "The administrator's settings of the portal are shown as they are",
    arguments: [
      ("S-042", "active", "checked"), ("S-045", "portal_settings.portal_name", "Harbour Desk"),
      ("S-068", "portal_settings.social_links", "linkedin https://linkedin.test/harbour"),
      ("S-084", "portal_settings.contact_email", "help@harbour.test"),
      ("S-084", "portal_settings.contact_phone", "+353 1 555"),
    ])
  func portalSettings(_ id: String, _ name: String, _ value: String) throws {
    let page = try portalPage()
    #expect(try #require(page.control(name), "\(id)").contains(value), "\(id)")
  }

  @Test("S-046 S-235 the portal's address stands on top of its settings, to be copied")
  func address() throws {
    let head = try portalPage().prefix(until: "<form")
    #expect(head.contains("data-copy=\"https://harbour.test\""))
  }

  private func portalPage() throws -> String {
    PortalSettingsPage.render(
      .init(
        active: true, portalName: "Harbour Desk", contactEmail: "help@harbour.test",
        contactPhone: "+353 1 555",
        socialLinks: [.init(network: "linkedin", url: "https://linkedin.test/harbour")],
        portalURL: "https://harbour.test"), try Samples.context(administrator)
    ).description
  }

  @Test(
    "The administrator's settings of tickets are shown as they are",
    arguments: [
      ("S-059", "ticket_settings.submission_notification_emails", "desk@harbour.test"),
      ("S-060", "ticket_settings.add_ticket_text", "Call us first"),
      ("S-061", "add_ticket_text_active", "checked"), ("S-065", "submission_allowed", "checked"),
      ("S-067", "ticket_settings.default_assignee", "value=\"users/tess\" selected"),
      ("S-071", "show_time_entries", "checked"),
    ])
  func ticketSettings(_ id: String, _ name: String, _ value: String) throws {
    let page = TicketSettingsPage.render(
      .init(
        submissionAllowed: true, showTimeEntries: true,
        submissionNotificationEmails: ["desk@harbour.test"], addTicketText: "Call us first",
        addTicketTextActive: true, defaultAssignee: "users/tess"),
      [.init(name: "users/tess", displayName: "Tess Tech")], try Samples.context(administrator)
    ).description
    #expect(try #require(page.control(name), "\(id)").contains(value), "\(id)")
    let off = TicketSettingsPage.render(.init(), [], try Samples.context(administrator))
    #expect(try #require(off.description.control(name), "\(id)").contains(value) == false, "\(id)")
  }

  @Test("S-060 S-061 the words above the new-ticket form are shown while they are active")
  func addTicketText() {
    var choices = NewTicketChoices(account: "accounts/acme")
    for isActive in [true, false] {
      choices.settings = .init(addTicketText: "Call us first", addTicketTextActive: isActive)
      let page = NewTicketForm.html(
        Form(), choices, errors: .init(), sent: [], csrf: "t", requestID: .empty)
      #expect(page.description.contains("Call us first") == isActive)
    }
  }

  @Test("S-220 S-221 the account's tab has what is on file, and how account and person are reached")
  func account() {
    let account = Identity.Account(
      name: "accounts/acme", displayName: "Acme Ltd", email: "office@acme.test", phone: "+353 1 1",
      address: .init(street: "1 Quay", city: "Dublin", country: "IE"), currency: "EUR",
      timeZone: "Europe/Dublin")
    let profile = Identity.Profile(email: "ada@acme.test", phone: "+353 1 2", mobile: "+353 87 3")
    let page = AccountTab.html(
      account, sites: [.init(displayName: "Harbour office")], profile: profile
    ).description.replacing("<wbr>", with: "")
    for text in ["office@acme.test", "1 Quay", "EUR", "Europe/Dublin"] {
      #expect(page.card("Acme Ltd")?.contains(text) == true, "\(text)")
    }
    #expect(page.card("Sites")?.contains("Harbour office") == true)
    let reached = page.card("Additional information")
    for text in ["office@acme.test", "+353 1 1", "ada@acme.test", "+353 1 2", "+353 87 3"] {
      #expect(reached?.contains(text) == true, "\(text)")
    }
    // What could not be asked for is missed, not shown as if there were none.
    let partial = AccountTab.html(account, sites: nil, profile: nil).description
    #expect(partial.card("Sites")?.contains("could not be loaded") == true)
  }

  @Test("S-215 S-216 S-217 My Settings: personal information, and how many tickets are one's own")
  func personal() async throws {
    let profile = Identity.Profile(
      userName: "ada.b", firstName: "Ada", lastName: "Byron", email: "ada@acme.test",
      phone: "+353 1 2")
    let page = SettingsPages.form(try Samples.context(), profile, errors: .init()).description
    for (name, value) in [
      ("profile.user_name", "ada.b"), ("profile.first_name", "Ada"), ("profile.phone", "+353 1 2"),
      ("profile.last_name", "Byron"), ("email", "ada@acme.test"),
    ] { #expect(page.control(name)?.contains("value=\"\(value)\"") == true, "\(name)") }
    #expect(page.control("email")?.contains(" disabled") == true)
    let counts = TicketCounts(open: 3, closed: 1000, isStaff: false).html.description
    #expect(counts.fact("Open")?.contains(">3</a>") == true)
    #expect(counts.fact("Closed")?.contains("scope=mine&amp;view=closed\">1,000 or more") == true)
  }

  @Test("S-015 S-218 the password's tab asks for the old, the new and the confirmed one")
  func password() throws {
    let page = PasswordPage.form(try Samples.context(), policy: [], errors: .init()).description
    for (name, label) in [
      ("old_password", "Old password"), ("password", "New password"),
      ("password_confirmation", "Confirm new password"),
    ] {
      let control = try #require(page.control(name))
      #expect(control.contains("type=\"password\"") && page.contains(">\(label)</label>"))
    }
  }
}

extension String {
  /// The control of a form with this name, with what it holds; nil where there is none.
  func control(_ name: String) -> String? {
    let fields = components(separatedBy: "<div class=\"field\"")
    return fields.first { $0.contains("name=\"\(name)\"") }
  }
}
