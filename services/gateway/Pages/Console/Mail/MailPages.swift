import PorticoAPI
import RPC
import WellKnown

/// `/mail`: what the portal sent, what waits and, without a mail server, what is kept to be read here.
enum MailPages {
  static let routes: [PageRoute] = [
    .staff(.GET, "/mail", .mailRead) { context in try await list(context) },
    .staff(.GET, "/mail/{mail}", .mailRead) { context in try await page(context) },
    .staff(.POST, "/mail/{mail}/retry", .settingsWrite, retry),
  ]

  static let states: [(value: String, title: String, state: Messaging.MailState)] = [
    ("queued", "Queued", .queued), ("sent", "Sent", .sent), ("failed", "Failed", .failed),
    ("kept", "Kept here", .kept),
  ]

  private static func list(_ context: PageContext) async throws -> Response {
    let state = states.first { $0.value == context.query["state"] }?.state ?? .unspecified
    let answer = try await MailsClient(context.caller).listMails(
      .init(
        pageSize: 50, pageToken: context.query["page_token"] ?? "", state: state,
        query: context.query["q"] ?? ""))
    return await shell(
      context, title: "Outgoing mail", active: "/mail", isWide: true, render(answer, context))
  }

  static func render(_ answer: Messaging.ListMailsResponse, _ context: PageContext) -> HTML {
    let chosen = states.first { $0.value == context.query["state"] }
    let words = context.query["q"] ?? ""
    let isFiltered = chosen != nil || !words.isEmpty
    var tabs = [
      UI.TabItem(title: "All", url: context.link("state", nil), isCurrent: chosen == nil)
    ]
    tabs += states.map { state in
      .init(
        title: state.title, url: context.link("state", state.value),
        isCurrent: state.value == chosen?.value)
    }
    let list: HTML =
      if !answer.mails.isEmpty {
        UI.table(answer.mails, caption: "Mails", columns: columns(context))
      } else if isFiltered {
        UI.noMatch("mails", clear: "/mail")
      } else {
        UI.emptyState(
          "No mail yet", text: "Invitations, answers and other mails appear here.", icon: .mail)
      }
    let chips: [UI.FilterChip] =
      words.isEmpty ? [] : [.init(text: "“\(words)”", removeURL: context.link("q", nil))]
    return """
      \(UI.pageHead("Outgoing mail"))
      \(UI.tabs(tabs, label: "State"))
      \(UI.filterBar(
        action: "/mail", search: UI.searchField("Search recipient or subject", value: words),
        keeping: chosen.map { [("state", $0.value)] } ?? [], chips: chips))
      \(list)
      \(UI.pages(context, count: answer.mails.count, things: "mails", next: answer.nextPageToken))
      """
  }

  private static func columns(_ context: PageContext) -> [UI.Column<Messaging.Mail>] {
    [
      .init("Subject", .title) { mail in "<a href=\"\(url(mail))\">\(mail.subject)</a>" },
      .init("To") { UI.text(recipients($0)) ?? UI.notSet },
      .init("State", .bare) { badge($0.state) },
      .init("Attempts", .number) { "\($0.attempts)" },
      .init("Written") { context.time($0.createTime) ?? UI.notSet },
      .init("Sent") { context.time($0.sendTime) ?? UI.notSet },
    ]
  }

  /// `mails/7` → `/mail/7`
  static func url(_ mail: Messaging.Mail) -> SafeURL {
    "/mail/\(mail.name.split(separator: "/").last.map(String.init) ?? "")"
  }

  static func recipients(_ mail: Messaging.Mail) -> String {
    mail.to.map { $0.displayName.isEmpty ? $0.email : "\($0.displayName) <\($0.email)>" }
      .joined(separator: ", ")
  }

  static func badge(_ state: Messaging.MailState) -> HTML {
    switch state {
    case .queued: UI.badge("Queued", tone: .info, icon: .clock)
    case .sent: UI.badge("Sent", tone: .success, icon: .check)
    case .failed: UI.badge("Failed", tone: .danger, icon: .alert)
    case .kept: UI.badge("Kept here", tone: .warning, icon: .archive)
    default: UI.badge("Unknown")
    }
  }

  // MARK: One mail

  private static func page(_ context: PageContext) async throws -> Response {
    let mail = try await MailsClient(context.caller).getMail(
      .init(name: "mails/\(context.path["mail"])"))
    return await shell(context, title: mail.subject, active: "/mail", oneMail(mail, context))
  }

  static func oneMail(_ mail: Messaging.Mail, _ context: PageContext) -> HTML {
    let canRetry = context.may(.settingsWrite) && (mail.state == .failed || mail.state == .kept)
    let retry: [HTML] =
      canRetry
      ? [
        UI.form(
          action: "\(url(mail))/retry", csrf: context.csrfToken,
          body: UI.button("Queue again", style: .secondary, icon: .refresh))
      ] : []
    let facts = UI.descriptionList([
      ("To", UI.text(recipients(mail))), ("Kind", UI.text(mail.template)),
      ("Written", context.time(mail.createTime, style: .absolute)),
      ("Sent", context.time(mail.sendTime, style: .absolute)), ("Attempts", "\(mail.attempts)"),
      ("Last answer of the server", UI.text(mail.lastError)),
    ])
    return """
      \(UI.pageHead(
        mail.subject, crumbs: [("Outgoing mail", "/mail")], meta: badge(mail.state),
        actions: retry))
      \(UI.columns(
        main: UI.card("Text", body: "<div class=\"prose\">\(MailText.html(mail.textBody, origin: context.portal.origin))</div>"),
        aside: UI.card("Details", body: facts), asideLabel: "About this mail"))
      """
  }

  @Sendable private static func retry(_ context: PageContext) async throws -> Response {
    let id = context.path["mail"]
    do {
      _ = try await MailsClient(context.caller).retryMail(.init(name: "mails/\(id)"))
      return .redirect(to: "/mail/\(id)", flash: .success("The mail is queued again."))
    } catch {
      let state = try FormState(error, Form())
      return .redirect(to: "/mail/\(id)", flash: .failure(state.reasons))
    }
  }
}
