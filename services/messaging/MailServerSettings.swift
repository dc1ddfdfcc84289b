import Bootstrap
import Mail
import Values

extension MailServer {
  /// Reads `mail.smtp.host` and its neighbours; nil without a host.
  ///
  /// `mail.from` is the address that every mail comes from. `mail.smtp.security` is `starttls` (the
  /// default, port 587), `tls` (port 465) or `none` (port 25); `mail.smtp.port`, `.user`, `.password` and
  /// `.client-name` say the rest.
  init?(_ settings: Settings, clock: any WallClock) throws {
    guard let host = try settings.string("mail.smtp.host"), !host.isEmpty else { return nil }
    let word = try settings.string("mail.smtp.security", default: "starttls")
    guard let security = SMTPTransport.Server.Security(rawValue: word) else {
      throw SettingError.invalid("mail.smtp.security", "must be one of starttls, tls, none")
    }
    let usualPort =
      switch security {
      case .startTLS: 587
      case .tls: 465
      case .none: 25
      }
    let address = try settings.required("mail.from")
    let from: MailAddress
    do { from = try MailAddress(address) } catch {
      throw SettingError.invalid("mail.from", "is not a mail address")
    }
    let server = SMTPTransport.Server(
      host: host, port: try settings.int("mail.smtp.port", default: usualPort, in: 1...65535),
      security: security, user: try settings.string("mail.smtp.user"),
      password: try settings.secret("mail.smtp.password"),
      clientName: try settings.string("mail.smtp.client-name", default: "localhost"))
    do {
      self.init(transport: try SMTPTransport(server, clock: clock), from: from)
    } catch {
      throw SettingError.invalid("mail.smtp", "cannot be used: \(error)")
    }
  }
}
