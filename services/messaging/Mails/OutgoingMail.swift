import Foundation
import Values

/// A mail on its way out. Queued until the mail server has taken it or it is given up; kept, to be read
/// here, where no mail server is configured.
struct OutgoingMail: Sendable, Hashable {
  var id: String
  /// `services/ticketing`: with the request id it names the mail once and for ever.
  var sender: String
  var requestID: String
  var recipients: [Recipient]
  /// Empty: the portal's name, as it is when the mail leaves.
  var fromDisplayName: String
  var subject: String
  var text: String
  /// Empty for plain-text mail.
  var html: String
  var template: String
  var state: State
  var created: Instant
  var sent: Instant?
  var due: Instant
  var attempts: Int64 = 0
  var lastError = ""

  struct Recipient: Sendable, Hashable {
    var email: String
    var displayName: String
  }

  enum State: String, Sendable, Hashable { case queued, sent, failed, kept }

  /// After so many attempts it is given up: with the waits below, after some eight hours.
  static let maximumAttempts: Int64 = 10
  /// How long an attempt may take before another process may try: longer than a delivery's time limit.
  static let claimTime = Duration.minutes(5)

  /// 1, 2, 4 … minutes, at most 4 hours.
  static func wait(afterAttempt attempt: Int64) -> Duration {
    min(.minutes(1 << Int(min(max(attempt - 1, 0), 10))), .hours(4))
  }
}

enum OutgoingMailError: Error, Sendable, Hashable {
  /// Only a failed or kept mail is queued again.
  case notStopped(OutgoingMail.State)
  /// There is no mail server that could be given it.
  case noServer
}

extension OutgoingMail {
  /// Identity's mails: invitations and resets hold a secret link.
  var mayOpenAccounts: Bool { sender == "services/identity" }

  mutating func delivered(at now: Instant) {
    state = .sent
    sent = now
    lastError = ""
  }

  /// - Parameter isPermanent: the same answer is to be expected again.
  mutating func refused(_ error: String, isPermanent: Bool, at now: Instant) {
    lastError = String(error.prefix(500))
    if isPermanent || attempts >= Self.maximumAttempts {
      state = .failed
    } else {
      due = now + Self.wait(afterAttempt: attempts)
    }
  }

  mutating func retry(hasServer: Bool, at now: Instant) throws(OutgoingMailError) {
    guard state == .failed || state == .kept else { throw .notStopped(state) }
    guard hasServer else { throw .noServer }
    state = .queued
    due = now
    attempts = 0
  }
}
