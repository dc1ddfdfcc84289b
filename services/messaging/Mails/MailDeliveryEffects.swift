import Foundation
import Logging
import Mail
import Store
import Values

/// Gives queued mails to the mail server, one after the other, in one process at a time.
///
/// A mail is claimed, sent, and reported, in that order: one that the server took just before this process
/// died is sent a second time, with the same Message-ID, and none is lost. Nothing is held in a
/// transaction while the network is waited for.
struct MailDelivery: Sendable {
  let store: any Store
  /// Nil: there is nowhere to send to.
  let server: MailServer?
  let directory: Directory
  let logger: Logger

  /// Mails in one run.
  static let batch = 100

  func run(_ lease: Lease) async throws {
    guard let server else { return try await keepAll(lease) }
    var lease = lease
    for _ in 0..<Self.batch {
      guard try await hasDue() else { return }
      // One delivery ends well within this; the runner's own lease would not outlast a batch.
      lease = try await lease.renewed(for: .seconds(180), in: store)
      let held = lease
      let claim = try await store.writeAcrossTenants { db in
        try db.require(held)
        return try MailQueueStore(db).claim()
      }
      guard let claim else { return }
      guard try await deliver(claim, by: server) else { return }
    }
  }

  /// False when the trouble is the server's, not the mail's: the next one would fare no better.
  private func deliver(_ claim: MailQueueStore.Claim, by server: MailServer) async throws -> Bool {
    var mail = claim.mail
    let name = await senderName(of: claim)
    let error: MailError?
    do {
      try await server.transport.send(server.message(claim.mail, from: name))
      error = nil
    } catch let caught as MailError {
      error = caught
    }
    let now = store.clock.now
    if let error {
      mail.refused(error.operatorText, isPermanent: error.isPermanent, at: now)
      logger.warning(
        "mail not delivered",
        metadata: [
          "tenant": "\(claim.tenant)", "mail": "\(mail.id)", "attempt": "\(mail.attempts)",
          "state": "\(mail.state.rawValue)", "error": "\(mail.lastError)",
        ])
    } else {
      mail.delivered(at: now)
    }
    let reported = mail
    try await store.writeAcrossTenants { db in
      try MailQueueStore(db).report(reported, of: claim)
      guard reported.state != .queued else { return }
      try db.acting(for: claim.tenant).record(
        .mail(reported.state), reported, by: Actor("services/messaging"))
    }
    return error?.isOfServer != true
  }

  /// The name that the sender gave, or the portal's. A mail does not wait for a name: without identity's
  /// answer it goes out with the address alone.
  private func senderName(of claim: MailQueueStore.Claim) async -> String {
    guard claim.mail.fromDisplayName.isEmpty else { return claim.mail.fromDisplayName }
    do {
      return try await directory.portalName(of: claim.tenant)
    } catch {
      logger.warning(
        "mail goes out without the portal's name",
        metadata: ["tenant": "\(claim.tenant)", "error": "\(error)"])
      return ""
    }
  }

  func hasDue() async throws -> Bool {
    try await store.readAcrossTenants { db in try MailQueueStore(db).hasDue() }
  }

  private func keepAll(_ lease: Lease) async throws {
    guard try await hasDue() else { return }
    var kept: Int
    repeat {
      kept = try await store.writeAcrossTenants { db in
        try db.require(lease)
        return try MailQueueStore(db).keepQueued(limit: Self.batch)
      }
    } while kept == Self.batch
  }
}

/// The configured mail server, and the address that it sends for.
struct MailServer: Sendable {
  let transport: SMTPTransport
  let from: MailAddress

  func message(_ mail: OutgoingMail, from name: String) throws(MailError) -> MailMessage {
    let domain = from.address.split(separator: "@").last.map(String.init) ?? ""
    var to: [MailAddress] = []
    for recipient in mail.recipients {
      to.append(try MailAddress(recipient.email, name: recipient.displayName))
    }
    return MailMessage(
      from: try MailAddress(from.address, name: name.isEmpty ? from.name : name), to: to,
      subject: mail.subject, text: mail.text, html: mail.html.isEmpty ? nil : mail.html,
      // RFC 3834: nobody's automatic answer is wanted, and none of ours follows one.
      headers: [.init("Auto-Submitted", "auto-generated")], messageID: "\(mail.id)@\(domain)")
  }
}

extension MailError {
  /// Trying again gives the same answer.
  fileprivate var isPermanent: Bool {
    switch self {
    case .invalid: true
    case .refused(_, let isPermanent): isPermanent
    case .notAuthenticated, .unreachable, .busy: false
    }
  }

  fileprivate var isOfServer: Bool {
    switch self {
    case .notAuthenticated, .unreachable, .busy: true
    case .invalid, .refused: false
    }
  }

  fileprivate var operatorText: String {
    switch self {
    case .invalid(let part, let reason): "the mail's \(part) \(reason)"
    case .refused(let code, _): "the mail server answered \(code)"
    case .notAuthenticated: "the mail server did not take the user name or password"
    case .unreachable(let reason): "the mail server cannot be reached: \(reason)"
    case .busy: "too many mails are waiting"
    }
  }
}
