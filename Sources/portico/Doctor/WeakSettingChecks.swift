import Foundation

/// Settings that are allowed, and that nobody wants where people work.
struct WeakSettingChecks {
  private let examination: Examination
  /// What examples and images have as a password.
  static let usual: Set<String> = [
    "portico", "postgres", "password", "secret", "changeme", "change-me", "admin", "root", "test",
    "example", "123456",
  ]

  init(_ examination: Examination) { self.examination = examination }

  var findings: [Finding] {
    let found = [rates, mail, reflection, level, scheme, database, secret, configuration]
      .compactMap { $0 }
    return found.isEmpty ? [.fine("weak-settings", "no setting is weak")] : found
  }

  private func said(_ key: String) -> String? { examination.text(key) }

  private var rates: Finding? {
    guard said("rates") == "none" else { return nil }
    return .doubtful(
      "weak-settings", "rates is none: passwords may be guessed as fast as the machine hashes",
      remedy: "leave rates out, or raise the classes that are too low")
  }

  private var mail: Finding? {
    guard let host = said("mail.smtp.host"), said("mail.smtp.security") == "none",
      !CertificateChecks.isNear(host)
    else { return nil }
    return .doubtful(
      "weak-settings", "mail travels to \(host) in the clear, with links that open accounts",
      remedy: "mail.smtp.security starttls or tls")
  }

  private var reflection: Finding? {
    guard said("reflection") == "true" else { return nil }
    return .doubtful(
      "weak-settings", "reflection tells anyone who reaches the listener what can be called",
      remedy: "leave reflection out")
  }

  private var level: Finding? {
    guard let level = said("log.level"), ["trace", "debug"].contains(level) else { return nil }
    return .doubtful(
      "weak-settings", "log.level \(level) writes more than anybody reads", remedy: "log.level info"
    )
  }

  private var scheme: Finding? {
    guard !examination.isService, let domain = said("domain"),
      domain != "localhost", !domain.hasSuffix(".localhost"), said("edge.certificate") == nil,
      said("public.scheme") != "https"
    else { return nil }
    return .wrong(
      "weak-settings", "passwords travel to \(domain) in the clear",
      remedy: "edge.certificate and edge.key, or a proxy with TLS, proxies and public.scheme https")
  }

  private var database: Finding? {
    for key in ["database.url", "database.owner"] {
      guard let address = said(key), let parts = URLComponents(string: address),
        let password = parts.password, Self.usual.contains(password.lowercased())
      else { continue }
      return .wrong(
        "default-secrets", "the password in \(key) is one that everybody tries",
        remedy: "ALTER ROLE … PASSWORD with 20 random characters, and the same in \(key)")
    }
    return nil
  }

  private var secret: Finding? {
    guard let secret = said("secret"), Set(secret).count < 16 else { return nil }
    return .wrong(
      "default-secrets", "secret is not random",
      remedy: "head -c 32 /dev/urandom | basenc --base64url")
  }

  /// A file with secrets in it that everybody can read.
  private var configuration: Finding? {
    guard let path = said("config"), let mode = FileMode.of(path), mode & 0o007 != 0,
      ["database.url", "database.owner", "secret", "mail.smtp.password"].contains(where: {
        said($0) != nil
      })
    else { return nil }
    return .doubtful(
      "file-modes", "\(path) has the mode \(FileMode.octal(mode)): everybody can read its secrets",
      remedy: "chmod 0640 \(path), of the group that the process runs as")
  }
}
