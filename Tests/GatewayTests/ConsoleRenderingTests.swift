import Access
import Foundation
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import Gateway

@Suite("The console, rendered")
struct ConsoleRenderingTests {
  private let administrator = TestPrincipal.staff(.administrator)
  private let text = Samples.payload

  private func expectEscaped(_ html: HTML, sourceLocation: SourceLocation = #_sourceLocation) {
    let page = html.description
    #expect(!page.contains("<script>alert"), sourceLocation: sourceLocation)
    #expect(!page.contains("<img src=x"), sourceLocation: sourceLocation)
    #expect(page.contains("&lt;script&gt;alert"), sourceLocation: sourceLocation)
  }

  private func staff(_ target: String = "/") throws -> PageContext {
    try Samples.context(administrator, target: target)
  }

  @Test("X-12 every text of the inbox and of a ticket with all its forms is text")
  func ticketsAreEscaped() throws {
    let context = try staff("/inbox?q=%3Cscript%3Ealert(1)&priority=%22%3E")
    let entry = Ticketing.CatalogEntry(name: text, kind: .priority, displayName: text)
    expectEscaped(
      InboxPage.render(
        .init(tickets: [Samples.ticket(text)], totalSize: 1), InboxView(context), context, [entry],
        counts: [.mine: 3]))
    var ticket = Samples.ticket(text)
    ticket.etag = text
    ticket.allowedActions = [
      .addNote, .resolve, .reopen, .close, .assign, .hold, .addInternalNote, .logTime, .classify,
    ]
    let content = StaffTicket(
      ticket: ticket,
      notes: [
        Samples.note(text), Samples.note(text, visibility: .internal),
        Samples.note(text, kind: .event),
      ], hasMoreNotes: true,
      time: .init(
        timeEntries: [.init(name: "x", authorDisplayName: text, minutes: 90, note: text)],
        totalMinutes: 90),
      catalog: [entry, .init(name: text, kind: .issueType, displayName: text)],
      staff: [.init(name: text, displayName: text)],
      sites: [.init(name: text, displayName: text)],
      assets: [.init(name: text, kind: .hardware, displayName: text)])
    expectEscaped(StaffTicketPage.render(content, context))
    var forms = StaffTicketPage.Forms(sent: [.init(name: text, fileName: text)])
    let typed = Form(
      fields: ["body", "due_time", "ticket.title", "time_entry.note", "etag", "request_id"].map {
        .init(name: $0, value: text)
      })
    let refused = FormState(.init(byField: ["body": text], general: [text]), typed)
    (forms.reply, forms.assign, forms.classify) = (refused, refused, refused)
    (forms.stage, forms.time) = (refused, refused)
    expectEscaped(StaffTicketPage.render(content, context, forms))
  }

  @Test("X-12 every text of people, accounts, staff and roles is text")
  func peopleAreEscaped() throws {
    let context = try staff("/contacts?q=%3Cscript%3Ealert(1)&account=%22%3E")
    let contact = Identity.Contact(
      name: "accounts/acme/contacts/ada", firstName: text, lastName: text, displayName: text,
      email: text, phone: text, mobile: text, jobTitle: text,
      portalAccess: .init(enabled: true, userName: text, role: text, roleDisplayName: text),
      accountDisplayName: text, etag: text)
    let account = Identity.Account(
      name: "accounts/acme", displayName: text, email: text, phone: text,
      address: .init(street: text, city: text, postalCode: text, region: text, country: text),
      currency: text, timeZone: text, locale: text, etag: text)
    let site = Identity.Site(name: text, displayName: text, address: account.address, phone: text)
    let role = Identity.Role(
      name: "roles/r", displayName: text, description: text,
      grants: [.init(permission: .ticketsRead, reach: .account)], etag: text)
    let user = Identity.User(
      name: "users/u", userName: text, kind: .staff, firstName: text, lastName: text,
      displayName: text, email: text, phone: text, role: text, etag: text)
    let state = FormState(.init(byField: ["role": text, "x": text], general: []), Form())
    expectEscaped(ContactListPage.render(.init(contacts: [contact]), context, accounts: [account]))
    expectEscaped(
      ContactForm(contact: contact, sites: [site], state: .init(), context: context).edit)
    expectEscaped(
      PortalAccessTab(contact: contact, roles: [role], state: state, context: context).html)
    expectEscaped(NewContactPage.render(context, state, accounts: [account]))
    expectEscaped(AccountListPage.render(.init(accounts: [account]), context))
    let content = AccountPage.Content(
      account: account, sites: [site], contacts: .init(contacts: [contact]),
      tickets: .init(tickets: [Samples.ticket(text)]))
    expectEscaped(AccountPage.render(content, context))
    expectEscaped(AccountForm.controls(account, .init()).html(\.html))
    expectEscaped(StaffPages.render(.init(users: [user]), [role], context))
    expectEscaped(StaffPages.form(user, [role], context, state, action: "/staff/u"))
    expectEscaped(RoleListPage.render(.init(roles: [role]), context))
    expectEscaped(RolePage.render(role, context, state))
  }

  @Test("X-12 every text of mails, news, settings, the catalogue and the audit log is text")
  func restIsEscaped() throws {
    let context = try staff("/audit?resource=%3Cscript%3Ealert(1)&q=%22%3E")
    let mail = Messaging.Mail(
      name: "mails/1", to: [.init(email: text, displayName: text)], subject: text, textBody: text,
      htmlBody: text, state: .kept, lastError: text, template: text)
    expectEscaped(MailPages.render(.init(mails: [mail]), context))
    expectEscaped(MailPages.oneMail(mail, context))
    let item = Cms.NewsItem(
      name: "news/1", title: text, summary: text, body: text, authorDisplayName: text, etag: text)
    expectEscaped(NewsListPage.render(.init(news: [item]), context))
    expectEscaped(NewsEditPage.form(item, context, .init(), action: "/news/1/edit"))
    let settings = Identity.PortalSettings(
      signUpNotificationEmails: [text], portalName: text, contactEmail: text, contactPhone: text,
      brandColor: text, socialLinks: [.init(network: text, url: text)], portalURL: text, etag: text)
    expectEscaped(PortalSettingsPage.render(settings, context))
    expectEscaped(PasswordPolicyPage.render(.init(descriptions: [text], etag: text), context))
    let tickets = Ticketing.TicketSettings(
      submissionNotificationEmails: [text], addTicketText: text, defaultAssignee: text, etag: text)
    expectEscaped(TicketSettingsPage.render(tickets, [], context))
    let entry = Ticketing.CatalogEntry(
      name: text, kind: .subIssueType, displayName: text, parent: text, etag: text)
    expectEscaped(CatalogPage.render([entry], CatalogPage.kind("sub-issue"), context))
    expectEscaped(CatalogEntryPage.render(entry, context))
    let audit = Identity.AuditEntry(
      actor: text, actorDisplayName: text, onBehalfOf: text, action: text, resource: text,
      before: text, after: text)
    expectEscaped(AuditPage.render(.init(auditEntries: [audit]), context))
  }

  @Test("U-07 empty lists say what will be there, filtered ones offer a way out")
  func emptyStates() throws {
    let plain = try staff()
    let filtered = try staff("/?q=x&access=yes&state=sent&resource=x")
    #expect(MailPages.render(.init(), plain).description.contains("No mail yet"))
    #expect(MailPages.render(.init(), filtered).description.contains("Clear filters"))
    #expect(
      ContactListPage.render(.init(), plain, accounts: []).description.contains("No contacts yet"))
    #expect(
      ContactListPage.render(.init(), filtered, accounts: []).description.contains("Clear filters"))
    #expect(AccountListPage.render(.init(), plain).description.contains("No accounts yet"))
    #expect(NewsListPage.render(.init(), plain).description.contains("No news yet"))
    #expect(AuditPage.render(.init(), filtered).description.contains("Clear filters"))
    for folder in InboxView.Folder.allCases {
      let context = try staff("/inbox?folder=\(folder.rawValue)")
      let page = InboxPage.render(.init(), InboxView(context), context, [], counts: [:])
      #expect(page.description.contains("class=\"empty\""))
    }
  }

  @Test("S-002 actions are offered by permission: a technician reads contacts and changes none")
  func actionsByPermission() throws {
    let technician = try Samples.context(TestPrincipal.staff())
    let contact = Identity.Contact(
      name: "accounts/acme/contacts/ada", displayName: "Ada",
      portalAccess: .init(enabled: true, passwordState: .set))
    func tab(_ context: PageContext) -> String {
      PortalAccessTab(contact: contact, roles: [], state: .init(), context: context).html
        .description
    }
    let all = tab(try staff())
    #expect(all.contains("Send login") && all.contains("<form"))
    #expect(!tab(technician).contains("<form"))
    let list = ContactListPage.render(.init(contacts: [contact]), technician, accounts: [])
    #expect(!list.description.contains("/contacts/new"))
    let role = Identity.Role(name: "roles/x", displayName: "X", builtIn: true)
    #expect(!RolePage.render(role, try staff()).description.contains("method=\"post\""))
  }
}
