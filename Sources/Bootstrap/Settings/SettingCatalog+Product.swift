extension SettingCatalog {
  private static let atGateway = Setting.Readers.some(["gateway"])
  private static let atIdentity = Setting.Readers.some(["identity"])
  private static let atMessaging = Setting.Readers.some(["messaging"])

  static let gateway: [Setting] = [
    Setting(
      "domain", .text, "localhost", of: atGateway, "Where portals live, one label below each."),
    Setting("tenant", of: atGateway, "Whose portal the bare domain shows."),
    Setting(
      "public.scheme", .choice(["http", "https"]), "https with edge.certificate, else http",
      of: atGateway, "How browsers reach the portal, for links."),
    Setting(
      "public.port", .number(1...65535), "that of listen", of: atGateway,
      "The port that browsers see."),
    Setting("edge.certificate", of: atGateway, "PEM file of the certificate chain for browsers."),
    Setting("edge.key", of: atGateway, "PEM file of its private key."),
    Setting(
      "proxies", .list, of: atGateway,
      "Addresses and ranges of proxies whose `X-Forwarded-*` are believed: `10.0.0.0/8,fd00::/8`."),
    Setting(
      "secret", .secret, of: atGateway,
      "At least 32 bytes in base64url, the same for all gateways; made from the gateway's key unless set."
    ),
    Setting(
      "rates", .list, of: atGateway,
      "Rates of requests that differ from the standard: `read.identity=800/400,login.address=none`; `none` lifts all."
    ),
    Setting(
      "limits.connections-per-address", .number(1...1_000_000), "256", of: atGateway,
      "Connections of one IPv4 address or IPv6 /64."),
    Setting(
      "limits.streams-per-identity", .number(1...1_000_000), "64", of: atGateway,
      "Answers that go on, of one user or address."),
    Setting(
      "live.streams", .number(1...1_000_000), "6", of: atGateway,
      "Streams of events of one session; one more ends the oldest."),
    Setting(
      "operation.tenants", .list, of: atGateway,
      "Tenants whose staff may see how the installation is doing; nobody when not set."),
    Setting(
      "api.origins", .list, of: atGateway,
      "Other sites whose pages may call the API: `https://app.example`."),
    Setting(
      "api.json.defaults", .choice(["true", "false"]), "true", of: atGateway,
      "Whether JSON has fields that hold their default."),
    Setting(
      "api.json.enums", .choice(["names", "numbers"]), "names", of: atGateway,
      "How JSON spells enums."),
    Setting(
      "api.json.fields", .choice(["json", "proto"]), "json", of: atGateway,
      "`createTime` or `create_time`."),
    Setting(
      "api.query.ignored", .list, of: atGateway,
      "Query parameters that are passed over instead of refused: `utm_source`."),
  ]

  static let product: [Setting] = [
    Setting(
      "portal.origin", .text, "http://{tenant}.localhost:8080",
      of: .some(["identity", "ticketing", "messaging"]),
      "What browsers see, for links in mails; the same everywhere."),
    Setting(
      "session.customer.idle.minutes", .number(5...1440), "60", of: atIdentity,
      "A customer's session ends after so long without a request."),
    Setting(
      "session.staff.idle.minutes", .number(5...1440), "60", of: atIdentity,
      "The same of staff."),
    Setting(
      "session.visit.hours", .number(1...24), "24", of: atIdentity,
      "A session that is not kept ends after so long, whatever is done in it."),
    Setting(
      "session.kept.days", .number(1...90), "30", of: atIdentity,
      "The same of one that is kept signed in."),
    Setting(
      "attachments.max-bytes", .number(1024...1_073_741_824), "26214400",
      of: .some(["ticketing"]), "The largest file of a ticket."),
    Setting("mail.from", of: atMessaging, "The sender of mails. Required with mail.smtp.host."),
    Setting(
      "mail.smtp.host", of: atMessaging,
      "The server that takes mails; without it they are kept and can be read in the console."),
    Setting(
      "mail.smtp.port", .number(1...65535), "587, 465 with tls, 25 with none", of: atMessaging,
      "Its port."),
    Setting(
      "mail.smtp.security", .choice(["starttls", "tls", "none"]), "starttls", of: atMessaging,
      "How the way there is encrypted."),
    Setting("mail.smtp.user", of: atMessaging, "Who signs in there."),
    Setting("mail.smtp.password", .secret, of: atMessaging, "With what."),
    Setting(
      "mail.smtp.client-name", .text, "localhost", of: atMessaging,
      "The name that is said in EHLO."),
  ]
}
