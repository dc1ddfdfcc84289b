import Crypto
import Foundation
import Values

/// The certificates of mutual TLS and of the port for browsers: in time, of their key, of the authority.
struct CertificateChecks {
  private let examination: Examination
  /// Renewed earlier than this nobody notices.
  static let notice = Duration.days(14)

  init(_ examination: Examination) { self.examination = examination }

  var findings: [Finding] {
    between + edge
  }

  private var between: [Finding] {
    let files = ["tls.certificate", "tls.key", "tls.roots"].map { examination.text($0) }
    guard let certificate = files[0], let key = files[1], let roots = files[2] else {
      guard files.allSatisfy({ $0 == nil }) else {
        return [
          .wrong(
            "certificates", "tls.certificate, tls.key and tls.roots go together",
            remedy: "set all three, or none")
        ]
      }
      return [plain].compactMap { $0 }
    }
    return pair(certificate, key, roots: roots, name: examination.process)
  }

  /// Without TLS the way between processes must not leave the machine.
  private var plain: Finding? {
    let places =
      [examination.isService ? examination.text("listen") : nil]
      + (examination.text("peers") ?? "").split(separator: ",").map { entry in
        String(entry.split(separator: "=", maxSplits: 1).last ?? entry)
      }
    let far = places.compactMap { $0 }.filter { !Self.isNear($0) }
    guard let place = far.first else { return nil }
    return .doubtful(
      "certificates", "calls travel in the clear to or from \(place)",
      remedy: "portico certs makes certificates; set tls.certificate, tls.key and tls.roots")
  }

  static func isNear(_ place: String) -> Bool {
    ["unix:", "127.", "localhost", "[::1]", "ipv4:127.", "dns:///localhost", "dns:localhost"]
      .contains { place.hasPrefix($0) }
  }

  private var edge: [Finding] {
    guard let certificate = examination.text("edge.certificate"),
      let key = examination.text("edge.key")
    else { return [] }
    return pair(certificate, key, roots: nil, name: nil)
  }

  private func pair(
    _ certificatePath: String, _ keyPath: String, roots: String?, name: String?
  ) -> [Finding] {
    do {
      let chain = try Certificate.all(in: Self.text(certificatePath))
      let key = try CertificateKey(pem: Self.text(keyPath))
      let authorities = try roots.map { try Certificate.all(in: Self.text($0)) }
      guard let leaf = chain.first else {
        return [
          .wrong(
            "certificates", "\(certificatePath) holds no certificate",
            remedy: "portico certs, or whoever issued it")
        ]
      }
      return [
        time(of: leaf, certificatePath), match(leaf, key, keyPath),
        authorities.flatMap { trust(chain, $0, roots ?? "") },
        name.flatMap { belongs(leaf, to: $0) },
        mode(keyPath),
      ].compactMap { $0 }
    } catch {
      return [
        .wrong(
          "certificates", "the files of \(certificatePath) cannot be used: \(error)",
          remedy: "portico certs makes them anew; the process must be able to read them")
      ]
    }
  }

  private func time(of leaf: Certificate, _ path: String) -> Finding {
    let now = examination.clock.now
    if leaf.notBefore > now {
      return .wrong(
        "certificate-expiry", "\(path) is not good yet: one clock is wrong",
        remedy: "set the clock of this machine, or of the one that issued it")
    }
    guard leaf.notAfter > now else {
      return .wrong("certificate-expiry", "\(path) has expired", remedy: "portico certs renews it")
    }
    let days = Int((leaf.notAfter - now) / .days(1))
    return leaf.notAfter - now < Self.notice
      ? .doubtful(
        "certificate-expiry", "\(path) expires in \(days) days",
        remedy: "run portico certs daily; processes find the new files by themselves")
      : .fine("certificate-expiry", "\(path) is good for \(days) days")
  }

  private func match(_ leaf: Certificate, _ key: CertificateKey, _ path: String) -> Finding? {
    guard !leaf.belongs(to: key) else { return nil }
    return .wrong(
      "certificates", "\(path) is not the key of the certificate",
      remedy: "bring certificate and key from the same run of portico certs")
  }

  private func trust(
    _ chain: [Certificate], _ authorities: [Certificate], _ path: String
  ) -> Finding? {
    let isTrusted = chain.contains { link in authorities.contains { link.isIssued(by: $0) } }
    guard !isTrusted else { return nil }
    return .wrong(
      "certificates", "the certificate is not of the authority in \(path)",
      remedy: "bring tls.crt and ca.crt from the same run of portico certs")
  }

  private func belongs(_ leaf: Certificate, to process: String) -> Finding? {
    guard !leaf.names.contains(process) else { return nil }
    return .doubtful(
      "certificates",
      "the certificate is for \(leaf.names.joined(separator: ", ")), not \(process)",
      remedy: "portico certs \(process)=\(process),… unless tls.clients of the others names it")
  }

  private func mode(_ path: String) -> Finding? {
    guard let mode = FileMode.of(path), mode & 0o007 != 0 else { return nil }
    return .wrong(
      "file-modes", "\(path) has the mode \(FileMode.octal(mode)): everybody can use it",
      remedy: "chmod 0600 \(path)")
  }

  private static func text(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
  }
}
