import Crypto
import Foundation
import Testing
import Values

@testable import portico

@Suite("portico certs")
struct CertificateFolderTests {
  private func withFolder(_ body: (URL, ManualClock) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "pcf-\(UUID())")
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
    try body(folder, ManualClock(SystemClock().now))
  }

  private func certificates(_ folder: URL, _ clock: ManualClock) -> CertificateFolder {
    CertificateFolder(
      authority: folder.appending(path: "authority"), leaves: folder.appending(path: "to"),
      clock: clock)
  }

  private func text(_ folder: URL, _ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  private let two = ["cms": ["cms"], "identity": ["identity", "id.example"]]

  @Test("X-28 the first run makes everything, and nobody else may read a key")
  func first() throws {
    try withFolder { folder, clock in
      let changes = try certificates(folder, clock).update(two)
      let until = Instant(seconds: (clock.now + .days(90)).microseconds / 1_000_000)
      #expect(
        changes == [
          .madeAuthority, .issued("cms", until: until), .issued("identity", until: until),
        ])
      for path in ["authority/ca.key", "to/cms/tls.key", "to/identity/tls.key"] {
        let path = folder.appending(path: path).path
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
      let leaf = try Certificate(pem: text(folder, "to/identity/tls.crt"))
      #expect(leaf.names == ["identity", "id.example"])
      #expect(leaf.isIssued(by: try Certificate(pem: text(folder, "to/cms/ca.crt"))))
      // The authority's key goes nowhere.
      #expect(
        try FileManager.default.contentsOfDirectory(
          atPath: folder.appending(path: "to/cms").path
        ).sorted() == ["ca.crt", "tls.crt", "tls.key"])
    }
  }

  @Test("X-28 a certificate is renewed when less than a third of its time is left, or fits no more")
  func renewal() throws {
    try withFolder { folder, clock in
      let certificates = certificates(folder, clock)
      _ = try certificates.update(two)
      let before = try text(folder, "to/cms/tls.crt")
      clock.advance(by: .days(59))
      #expect(try certificates.update(two).allSatisfy { $0.isKept })
      #expect(try text(folder, "to/cms/tls.crt") == before)
      clock.advance(by: .days(2))
      #expect(try certificates.update(two).allSatisfy { !$0.isKept })
      #expect(try text(folder, "to/cms/tls.crt") != before)
      let other = try certificates.update([
        "cms": ["cms", "news"], "identity": two["identity"] ?? [],
      ])
      #expect(other.map(\.isKept) == [false, true])
      #expect(try certificates.update(two, renewsAll: true).allSatisfy { !$0.isKept })
      // A run that was cut off between the two files of a pair.
      let key = folder.appending(path: "to/cms/tls.key").path
      try PEMFile.replace(CertificateKey().pem(), at: key, mode: 0o600)
      #expect(try certificates.update(two).map(\.isKept) == [false, true])
    }
  }

  @Test("X-28 a new authority is trusted by all before it issues, and the former one after")
  func turn() throws {
    try withFolder { folder, clock in
      let certificates = certificates(folder, clock)
      _ = try certificates.update(two)
      let old = try Certificate(pem: text(folder, "to/cms/ca.crt"))
      #expect(try certificates.update(two, turnsAuthority: true).first == .announcedAuthority)
      let announced = try Certificate.all(in: text(folder, "to/cms/ca.crt"))
      #expect(announced.count == 2 && announced.first == old)
      #expect(try Certificate(pem: text(folder, "to/cms/tls.crt")).isIssued(by: old))
      #expect(try certificates.update(two).allSatisfy { $0.isKept })

      let turned = try certificates.update(two, turnsAuthority: true)
      #expect(turned.first == .turnedToAuthority)
      #expect(turned.dropFirst().allSatisfy { !$0.isKept })
      #expect(try Certificate.all(in: text(folder, "to/cms/ca.crt")) == announced.reversed())
      #expect(try Certificate(pem: text(folder, "to/cms/tls.crt")).isIssued(by: announced[1]))
      #expect(try certificates.update(two).allSatisfy { $0.isKept })
    }
  }

  @Test("X-28 a key that others may read is refused, and a damaged authority issues nothing")
  func damaged() throws {
    try withFolder { folder, clock in
      let certificates = certificates(folder, clock)
      _ = try certificates.update(two)
      let key = folder.appending(path: "authority/ca.key").path
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: key)
      #expect(throws: KeyError.self) { try certificates.update(two, renewsAll: true) }
      try PEMFile.replace(CertificateKey().pem(), at: key, mode: 0o600)
      #expect(throws: CertificateError.self) { try certificates.update(two, renewsAll: true) }
    }
  }

  @Test(
    "what is typed wrong is refused", arguments: ["", "Cms", "a/b", "authority", "cms=", "../x"])
  func processes(_ process: String) {
    #expect(throws: (any Error).self) { try Certs.parse(["--data", "x", process]) }
  }
}

extension CertificateFolder.Change {
  fileprivate var isKept: Bool {
    if case .kept = self { return true }
    return false
  }
}
