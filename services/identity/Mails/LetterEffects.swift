import Foundation
import PorticoAPI
import Protobuf
import RPC
import Store
import Values

/// Puts letters into the outbox, in the transaction of what they tell of. Messaging mails them.
struct Postbox {
  let db: Transaction
  let origin: PortalOrigin
  private let portal: String

  init(_ db: Transaction, origin: PortalOrigin) throws {
    self.db = db
    self.origin = origin
    let settings = try PortalStore(db).settings()
    portal =
      settings.portalName.isEmpty ? try TenantStore(db).require().displayName : settings.portalName
  }

  /// What is written to a user.
  func letters(to user: User) -> Letters {
    Letters(
      portal: portal, origin: origin.origin(of: db.tenant), reader: user.displayName,
      userName: user.userName)
  }

  func link(_ purpose: LinkPurpose, _ token: String) -> String {
    origin.link(of: db.tenant, to: purpose == .email ? "confirm-email" : "welcome", token: token)
  }

  /// - Parameters:
  ///   - key: names the occasion; the same letter about it leaves once.
  ///   - email: another address than the user's, as the one that was just left.
  func send(_ letter: Letter, to user: User, about key: String, at email: String? = nil) throws {
    let id = "\(letter.template)/\(key)"
    let request = Messaging.QueueMailRequest(
      requestID: id,
      to: [.init(email: email ?? user.email, displayName: user.displayName)],
      subject: letter.subject, textBody: letter.text, htmlBody: letter.html,
      template: letter.template, fromDisplayName: portal)
    try db.send(key: id, method: Methods.Mails.queueMail.path, body: try request.serialized())
  }
}
