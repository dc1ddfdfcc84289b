import Crypto
import Foundation
import TestProcesses
import Testing
import Values

@Suite("Certificates")
struct CertificateTests {
  private let now = SystemClock().now

  private func authority(_ name: String = "test") throws -> CertificateAuthority {
    try CertificateAuthority(named: name, at: now, validFor: .days(30))
  }

  /// What openssl itself makes of a leaf and the authorities that are trusted.
  private func openssl(_ leaf: Certificate, trusting roots: Certificate, _ options: [String]) throws
    -> Bool
  {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pc-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    try PEMFile.replace(leaf.pem, at: folder.appending(path: "leaf").path, mode: 0o644)
    try PEMFile.replace(roots.pem, at: folder.appending(path: "roots").path, mode: 0o644)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments =
      ["verify", "-x509_strict", "-CAfile", folder.appending(path: "roots").path] + options
      + [folder.appending(path: "leaf").path]
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.start()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  @Test("X-28 what is issued holds before openssl's strict eyes, for both ends and its names")
  func strict() throws {
    let authority = try authority()
    let names = [
      "ticketing", "ticketing.internal.example", "10.0.0.7", "::1", "spiffe://x/ticketing",
    ]
    let (leaf, key) = try authority.issue(for: names, at: now, validFor: .days(2))
    #expect(leaf.names == names)
    #expect(leaf.belongs(to: key))
    #expect(leaf.isIssued(by: authority.certificate))
    for options in [
      ["-purpose", "sslserver"], ["-purpose", "sslclient"],
      ["-verify_hostname", "ticketing.internal.example"], ["-verify_ip", "10.0.0.7"],
    ] { #expect(try openssl(leaf, trusting: authority.certificate, options)) }
    #expect(
      try !openssl(leaf, trusting: authority.certificate, ["-verify_hostname", "billing"]))
    let later = String((now + .days(3)).microseconds / 1_000_000)
    #expect(try !openssl(leaf, trusting: authority.certificate, ["-attime", later]))
    let stranger = try self.authority()
    #expect(try !openssl(leaf, trusting: stranger.certificate, []))
    #expect(!leaf.isIssued(by: stranger.certificate))
  }

  @Test("X-28 a leaf issues nothing, and ends with its authority at the latest")
  func bounds() throws {
    let authority = try authority()
    let (leaf, key) = try authority.issue(for: ["cms"], at: now, validFor: .days(4000))
    #expect(leaf.notAfter == authority.certificate.notAfter)
    #expect(leaf.isValid(at: now) && !leaf.isValid(at: now + .days(31)))
    let (forged, _) = try CertificateAuthority(leaf, key: key)
      .issue(for: ["identity"], at: now, validFor: .days(1))
    #expect(try !openssl(forged, trusting: leaf, ["-partial_chain"]))
    #expect(try !openssl(forged, trusting: authority.certificate, []))
  }

  @Test(
    "X-28 names that OpenSSL would read as something else are refused",
    arguments: [
      "", "a,DNS:identity", "a b", "*.example", "a\nb", "email:copy", "dirName:x",
      String(repeating: "a", count: 65), "müller",
    ])
  func names(_ name: String) throws {
    let authority = try authority()
    #expect(throws: CertificateError.self) {
      try authority.issue(for: ["cms", name], at: now, validFor: .days(1))
    }
  }

  @Test("A certificate and its key survive their PEM, and another's key is not taken")
  func pem() throws {
    let authority = try authority()
    let again = try CertificateAuthority(
      Certificate(pem: authority.certificate.pem), key: CertificateKey(pem: authority.key.pem()))
    #expect(again.certificate == authority.certificate)
    let other = try self.authority("other")
    #expect(throws: CertificateError.self) {
      try CertificateAuthority(authority.certificate, key: other.key)
    }
    let both = authority.certificate.pem + other.certificate.pem
    #expect(try Certificate.all(in: both) == [authority.certificate, other.certificate])
    #expect(throws: CertificateError.self) { try Certificate(pem: "-----BEGIN NONSENSE-----") }
    #expect(throws: CertificateError.self) { try CertificateKey(pem: authority.certificate.pem) }
    #expect("\(authority.key)" == "CertificateKey")
  }
}
