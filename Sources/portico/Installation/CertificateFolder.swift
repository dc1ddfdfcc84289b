import Crypto
import Foundation
import Values

/// The certificates by which the processes of an installation know each other:
///
///     authority/ca.crt, ca.key         issue                       the only copies of the key
///     authority/next.crt, next.key     are trusted already and issue from the next turn on
///     authority/former.crt             is trusted for as long as it is valid
///     PROCESS/tls.crt, tls.key, ca.crt what one process is given; the names are those of Kubernetes' secrets
///
/// Keys are readable by their owner only. A file is replaced whole, so that running processes find the new ones.
struct CertificateFolder {
  let authority: URL
  let leaves: URL
  let clock: any WallClock
  var lifetime = Duration.days(90)
  static let authorityLifetime = Duration.days(3650)

  enum Change: Equatable {
    case madeAuthority, announcedAuthority, turnedToAuthority
    case issued(String, until: Instant)
    case kept(String, until: Instant)
  }

  /// Issues what is missing, has less than a third of its time left, or fits no more.
  ///
  /// - Parameters:
  ///   - processes: the names that each one's certificate is for.
  ///   - turnsAuthority: makes a new authority that everybody trusts; the second time it takes over.
  func update(
    _ processes: [String: [String]], renewsAll: Bool = false, turnsAuthority: Bool = false
  ) throws -> [Change] {
    try makeFolder(authority)
    var changes: [Change] = []
    var current = try load("ca")
    if current == nil {
      current = try makeAuthority("ca")
      changes.append(.madeAuthority)
    } else if turnsAuthority, let issuing = current, let next = try load("next") {
      try turn(from: issuing, to: next)
      current = next
      changes.append(.turnedToAuthority)
    } else if turnsAuthority {
      _ = try makeAuthority("next")
      changes.append(.announcedAuthority)
    }
    guard let current else { throw CertificateError.malformed("there is no authority") }
    let trusted = try trustedText(with: current.certificate)
    for (process, names) in processes.sorted(by: { $0.key < $1.key }) {
      let folder = leaves.appending(path: process)
      try makeFolder(folder)
      try replaceIfOther(trusted, at: folder.appending(path: "ca.crt").path)
      changes.append(
        try leaf(process, names, in: folder, by: current, isForced: renewsAll))
    }
    return changes
  }

  // MARK: the authority

  private func load(_ name: String) throws -> CertificateAuthority? {
    guard let certificate = try PEMFile.text(at: authority.appending(path: "\(name).crt").path),
      let key = try PEMFile.text(
        at: authority.appending(path: "\(name).key").path, isPrivate: true)
    else { return nil }
    return try CertificateAuthority(Certificate(pem: certificate), key: CertificateKey(pem: key))
  }

  private func makeAuthority(_ name: String) throws -> CertificateAuthority {
    let made = try CertificateAuthority(
      named: "Portico authority", at: clock.now, validFor: Self.authorityLifetime)
    try save(made, as: name)
    return made
  }

  private func save(_ authority: CertificateAuthority, as name: String) throws {
    try PEMFile.replace(
      authority.key.pem(), at: self.authority.appending(path: "\(name).key").path, mode: 0o600)
    try PEMFile.replace(
      authority.certificate.pem, at: self.authority.appending(path: "\(name).crt").path,
      mode: 0o644)
  }

  private func turn(from former: CertificateAuthority, to next: CertificateAuthority) throws {
    try PEMFile.replace(
      former.certificate.pem, at: authority.appending(path: "former.crt").path, mode: 0o644)
    try save(next, as: "ca")
    for file in ["next.crt", "next.key"] {
      try FileManager.default.removeItem(at: authority.appending(path: file))
    }
  }

  private func trustedText(with current: Certificate) throws -> String {
    var trusted = [current]
    for name in ["next", "former"] {
      guard let text = try PEMFile.text(at: authority.appending(path: "\(name).crt").path) else {
        continue
      }
      let other = try Certificate(pem: text)
      if other.isValid(at: clock.now) { trusted.append(other) }
    }
    return trusted.map(\.pem).joined()
  }

  // MARK: one process

  private func leaf(
    _ process: String, _ names: [String], in folder: URL, by authority: CertificateAuthority,
    isForced: Bool
  ) throws -> Change {
    let (certificate, key) = (
      folder.appending(path: "tls.crt").path, folder.appending(path: "tls.key").path
    )
    if !isForced, let kept = try fitting(certificate, key, names, authority) {
      return .kept(process, until: kept.notAfter)
    }
    let (issued, issuedKey) = try authority.issue(for: names, at: clock.now, validFor: lifetime)
    // The key first: until the certificate follows, the pair fits no more and who reads it keeps what it has.
    try PEMFile.replace(issuedKey.pem(), at: key, mode: 0o600)
    try PEMFile.replace(issued.pem, at: certificate, mode: 0o644)
    return .issued(process, until: issued.notAfter)
  }

  private func fitting(
    _ certificate: String, _ key: String, _ names: [String], _ authority: CertificateAuthority
  ) throws -> Certificate? {
    guard let text = try PEMFile.text(at: certificate),
      let keyText = try PEMFile.text(at: key, isPrivate: true)
    else { return nil }
    let kept = try Certificate(pem: text)
    let left = kept.notAfter - clock.now
    guard kept.names == names, kept.isIssued(by: authority.certificate),
      kept.belongs(to: try CertificateKey(pem: keyText)), kept.notBefore <= clock.now,
      left * 3 > kept.notAfter - kept.notBefore
    else { return nil }
    return kept
  }

  // MARK: files

  private func makeFolder(_ folder: URL) throws {
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  private func replaceIfOther(_ text: String, at path: String) throws {
    if try PEMFile.text(at: path) != text {
      try PEMFile.replace(text, at: path, mode: 0o644)
    }
  }
}
