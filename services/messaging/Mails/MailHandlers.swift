import Access
import Foundation
import Handling
import Mail
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

extension Messaging.ListMailsRequest: PagedRequest {}

/// Serves `portico.messaging.v1.Mails`. Only `GetMail` shows a mail's text, and leaves an audit row.
struct MailHandlers: MailsService {
  let store: any Store
  let queue: MailQueue

  func queueMail(
    _ request: Messaging.QueueMailRequest, _ call: Call
  ) async throws -> Messaging.Mail {
    let draft = try MailQueue.Draft(request)
    // The service itself, whoever it acts for: its request ids are its own.
    let principal = try call.principal
    let actor = Actor(principal.user, onBehalfOf: principal.actor)
    return try await call.write(in: store) { db in
      .init(try queue.add(draft, from: actor, in: db), withText: false)
    }
  }

  func listMails(
    _ request: Messaging.ListMailsRequest, _ call: Call
  ) async throws -> Messaging.ListMailsResponse {
    let scope = try call.scope
    guard request.query.utf8.count <= 400 else { throw Status.invalid("query", "is too long") }
    let filter = OutgoingMailStore.Filter(state: .init(request.state), query: request.query)
    let page = try request.page(
      ["\(request.state.rawValue)", request.query], in: scope, size: 25, max: 100)
    return try await call.read(in: store) { db in
      let found = try OutgoingMailStore(db).mails(filter, page: page, in: scope)
      return Messaging.ListMailsResponse(
        mails: found.items.map { .init($0, withText: false) }, nextPageToken: found.nextToken)
    }
  }

  func getMail(_ request: Messaging.GetMailRequest, _ call: Call) async throws -> Messaging.Mail {
    let name = try ResourceName(request.name, "mails/*")
    let scope = try call.scope
    let actor = try call.auditActor
    let givesRoles = try call.principal.givesRoles
    return try await call.write(in: store) { db in
      let mail = try OutgoingMailStore(db).mail(name["mails"], in: scope)
      // Whoever read these could ask for a reset in an administrator's name and become them.
      guard givesRoles || !mail.mayOpenAccounts else {
        throw Status(
          .permissionDenied, "this mail may open somebody's account: only who gives roles reads it")
      }
      // A read that is written down: the text may hold a link that opens somebody's account.
      try db.audit(
        "mail.opened", on: request.name, by: actor,
        after: ["to": mail.recipients.map(\.email).joined(separator: ", ")])
      return .init(mail, withText: true)
    }
  }

  func retryMail(
    _ request: Messaging.RetryMailRequest, _ call: Call
  ) async throws -> Messaging.Mail {
    let name = try ResourceName(request.name, "mails/*")
    let scope = try call.scope
    let actor = try call.auditActor
    return try await call.write(in: store) { db in
      let mails = OutgoingMailStore(db)
      let before = try mails.mail(name["mails"], in: scope)
      var mail = before
      try mail.retry(hasServer: queue.hasServer, at: db.now)
      try mails.save(mail, was: before, in: scope)
      try db.record(.mailRetried, mail, by: actor)
      return .init(mail, withText: false)
    }
  }
}

extension MailQueue.Draft {
  /// Refuses what could end a header line or name another recipient, field by field.
  fileprivate init(_ request: Messaging.QueueMailRequest) throws {
    var check = Violations()
    let id = request.requestID
    check.require(!id.isEmpty, "request_id", "is required")
    check.require(
      id.utf8.count <= 512 && id.utf8.allSatisfy { (0x21...0x7e).contains($0) }, "request_id",
      "must be at most 512 printable characters")
    check.require((1...50).contains(request.to.count), "to", "must name 1 to 50 recipients")
    var recipients: [OutgoingMail.Recipient] = []
    for (index, address) in request.to.prefix(50).enumerated() {
      check.require(
        MailAddress.isValid(address.email), "to[\(index)].email", "is not a mail address")
      let name = check.text(
        address.displayName, "to[\(index)].display_name", limit: 200, required: false)
      recipients.append(.init(email: address.email, displayName: name))
    }
    let subject = check.text(request.subject, "subject", limit: 500)
    let text = check.text(request.textBody, "text_body", limit: 100_000, multiline: true)
    let html = check.text(
      request.htmlBody, "html_body", limit: 400_000, required: false, multiline: true)
    let template = check.text(request.template, "template", limit: 100, required: false)
    let from = check.text(
      request.fromDisplayName, "from_display_name", limit: 200, required: false)
    try check.end()
    self.init(
      requestID: id, recipients: recipients, fromDisplayName: from, subject: subject, text: text,
      html: html, template: template)
  }
}

extension Principal {
  fileprivate var givesRoles: Bool {
    isStaff && grants.contains { $0.permission == .rolesWrite && $0.reach == .tenant }
  }
}

extension Messaging.Mail {
  fileprivate init(_ mail: OutgoingMail, withText: Bool) {
    self.init(
      name: "mails/\(mail.id)",
      to: mail.recipients.map { .init(email: $0.email, displayName: $0.displayName) },
      subject: mail.subject, textBody: withText ? mail.text : "",
      htmlBody: withText ? mail.html : "", state: .init(mail.state),
      createTime: .init(mail.created), sendTime: mail.sent.map { .init($0) },
      attempts: Int32(clamping: mail.attempts), lastError: mail.lastError,
      template: mail.template)
  }
}

extension Messaging.MailState {
  fileprivate init(_ state: OutgoingMail.State) {
    switch state {
    case .queued: self = .queued
    case .sent: self = .sent
    case .failed: self = .failed
    case .kept: self = .kept
    }
  }
}

extension OutgoingMail.State {
  /// Nil for "any".
  fileprivate init?(_ state: Messaging.MailState) {
    switch state {
    case .queued: self = .queued
    case .sent: self = .sent
    case .failed: self = .failed
    case .kept: self = .kept
    case .unspecified, .unrecognized: return nil
    }
  }
}

extension OutgoingMailError: StatusConvertible {
  var status: Status {
    switch self {
    case .notStopped:
      Status(
        .failedPrecondition, "only a failed or kept mail is queued again",
        details: [.reason("MAIL_NOT_STOPPED", domain: "messaging")])
    case .noServer:
      Status(
        .failedPrecondition, "no mail server is configured",
        details: [.reason("NO_MAIL_SERVER", domain: "messaging")])
    }
  }
}
