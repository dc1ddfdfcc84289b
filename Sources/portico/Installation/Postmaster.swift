import Access
import Foundation
import PorticoAPI
import RPC
import Values

/// Reads the mail that an installation keeps, in the name of whoever holds its keys: before the first
/// administrator has a password nobody else can.
struct Postmaster {
  let keys: Keyring
  let clock: any WallClock
  let messaging: any Caller

  /// The token of the newest link mailed to an address. Mail travels through two outboxes, so it is
  /// waited for, ten seconds at most.
  func link(mailedTo email: String, in tenant: TenantID) async throws -> String {
    let mails = MailsClient(messaging)
    for _ in 0..<400 {
      let found = try await mails.listMails(.init(pageSize: 20, query: email), rights(in: tenant))
        .mails.first { mail in mail.to.contains { $0.email == email } }
      if let found {
        let mail = try await mails.getMail(.init(name: found.name), rights(in: tenant))
        if let token = Self.token(in: mail.textBody) { return token }
      }
      try await Task.sleep(for: .milliseconds(25))
    }
    throw PostmasterError.noLink(email)
  }

  /// How many mails there are, and how many of them are still under way.
  func count(in tenant: TenantID) async throws -> (all: Int, queued: Int) {
    let mails = MailsClient(messaging)
    var (all, queued, token) = (0, 0, "")
    repeat {
      let page = try await mails.listMails(
        .init(pageSize: 200, pageToken: token), rights(in: tenant))
      all += page.mails.count
      queued += page.mails.filter { $0.state == .queued }.count
      token = page.nextPageToken
    } while !token.isEmpty
    return (all, queued)
  }

  static func token(in text: String) -> String? {
    guard let range = text.range(of: "token=") else { return nil }
    let token = text[range.upperBound...].prefix {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_")
    }
    return token.isEmpty ? nil : String(token)
  }

  private func rights(in tenant: TenantID) throws -> CallOptions {
    let principal = Principal(
      tenant: tenant, user: "users/operator", displayName: "Operator", kind: .staff,
      // A welcome mail opens an account, so that only somebody who could open one anyway may read it.
      grants: [Grant(.mailRead, .tenant), Grant(.rolesWrite, .tenant)],
      session: "sessions/operator")
    let token = try keys.signer(for: Verifier.identity).token(for: principal, at: clock.now)
    return try CallOptions().principal(token.bytes)
  }
}

enum PostmasterError: Error, CustomStringConvertible {
  case noLink(String)

  var description: String {
    switch self {
    case .noLink(let address): "no mail with a link came for \(address)"
    }
  }
}
