import ArgumentParser
import Foundation
import Values

/// Makes and renews the certificates for mutual TLS between the gateway and the services.
struct Certs: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make and renew the certificates for mutual TLS between the processes.",
    discussion: """
      portico certs --data /var/lib/portico
      portico certs --data /var/lib/portico --to /etc/portico/secrets
      portico certs gateway ticketing=ticketing,ticketing.internal.example postgres

      The first run makes a private authority. Every run issues what is missing or has less than a third of its time \
      left, so that it can run daily; running processes find the new files by themselves. Each process gets a folder \
      with tls.crt, tls.key and ca.crt, the only ones it needs. The authority's key belongs on no server.

      --new-authority makes a second authority that everybody trusts from then on. Run with it again, once all \
      processes have had time to read that (tls.reload.seconds), it takes over and issues everything anew.
      """)

  @Option(help: "Folder whose certs/authority holds the authority.") var data = "data"
  @Option(help: "Folder that gets a folder for each process; DATA/certs unless given.")
  var to: String?
  @Option(help: "Days that a certificate is good for.") var days = 90
  @Flag(help: "Issue every certificate anew.") var renewAll = false
  @Flag(help: "Begin, or complete, the turn to a new authority.") var newAuthority = false
  @Argument(help: "Processes, each with the names that its certificate is for: NAME[=NAME,…].")
  var process: [String] = []

  func validate() throws {
    guard (1...825).contains(days) else { throw ValidationError("--days must be 1 to 825") }
    _ = try processes()
  }

  func run() throws {
    let certs = URL(fileURLWithPath: data, isDirectory: true).appending(path: "certs")
    let folder = CertificateFolder(
      authority: certs.appending(path: "authority"),
      leaves: to.map { URL(fileURLWithPath: $0, isDirectory: true) } ?? certs,
      clock: SystemClock(), lifetime: .days(days))
    for change in try folder.update(
      processes(), renewsAll: renewAll, turnsAuthority: newAuthority)
    {
      Console.say(Self.text(change))
    }
  }

  private func processes() throws -> [String: [String]] {
    let standard = Installation.services + ["gateway", "operator"]
    var processes: [String: [String]] = [:]
    for entry in process.isEmpty ? standard : process {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0])
      let names = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : [name]
      let isPlain = name.utf8.allSatisfy {
        ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || $0 == UInt8(ascii: "-")
      }
      guard isPlain, !name.isEmpty, name != "authority", !names.isEmpty else {
        throw ValidationError("\(entry) is no process: NAME or NAME=NAME,…")
      }
      guard processes.updateValue(names, forKey: name) == nil else {
        throw ValidationError("\(name) is there twice")
      }
    }
    return processes
  }

  private static func text(_ change: CertificateFolder.Change) -> String {
    switch change {
    case .madeAuthority: "made      a private authority"
    case .announcedAuthority:
      "announced a new authority; run with --new-authority again to turn to it"
    case .turnedToAuthority: "turned    to the new authority"
    case .issued(let name, let until): "issued    \(name), until \(until.date.formatted(.iso8601))"
    case .kept(let name, let until): "kept      \(name), until \(until.date.formatted(.iso8601))"
    }
  }
}
