import Foundation
import HTTP2
import RPC
import TestProcesses

/// A CA and certificates made by the openssl command for one test run.
struct Certificates {
  let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "portico-tls-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try authority("ca")
    try authority("other")
    try issue("server", by: "ca", names: "DNS:localhost,IP:127.0.0.1")
    try issue("elsewhere", by: "ca", names: "DNS:elsewhere.example")
    try issue("gateway", by: "ca", names: "DNS:gateway.portico,URI:spiffe://portico/gateway")
    try issue("stranger", by: "other", names: "DNS:gateway.portico")
    try issue("nobody", by: "ca", names: nil)
  }

  /// What a server shows, and the authority its clients need a certificate of, if they do.
  func serving(_ name: String = "server", clientsOf authority: String? = nil) -> TLSConfiguration {
    .server(
      certificateChainFile: file("\(name).pem"), privateKeyFile: file("\(name).key"),
      clientTrustRootsFile: authority.map { file("\($0).pem") })
  }

  func file(_ name: String) -> String { folder.appending(path: name).path }
  func remove() throws { try FileManager.default.removeItem(at: folder) }

  private func authority(_ name: String) throws {
    try openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2", "-subj", "/CN=\(name)", "-keyout", file("\(name).key"), "-out", file("\(name).pem"),
    ])
  }

  private func issue(_ name: String, by authority: String, names: String?) throws {
    // A common name that would do for every host of these tests, if it counted.
    try openssl(
      [
        "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
        "/CN=localhost", "-keyout", file("\(name).key"), "-out", file("\(name).csr"),
      ] + (names.map { ["-addext", "subjectAltName=\($0)"] } ?? []))
    try openssl([
      "x509", "-req", "-in", file("\(name).csr"), "-CA", file("\(authority).pem"), "-CAkey",
      file("\(authority).key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copy",
      "-out", file("\(name).pem"),
    ])
  }

  /// Puts another certificate in the place of one, as a renewal does.
  func replace(_ name: String, with other: String) throws {
    for kind in ["key", "pem"] {
      let new = try Data(contentsOf: folder.appending(path: "\(other).\(kind)"))
      try new.write(to: folder.appending(path: "\(name).\(kind)"), options: .atomic)
    }
  }

  /// Whether openssl's own client gets through the handshake and may keep the connection.
  func connects(_ port: Int, _ options: [String]) throws -> Bool {
    try run(
      [
        "s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", file("ca.pem"),
        "-verify_return_error",
      ] + options) == 0
  }

  func verifies(_ port: Int, host: String) throws -> Bool {
    try connects(port, ["-alpn", "h2", "-verify_hostname", host])
  }

  private func openssl(_ arguments: [String]) throws {
    guard try run(arguments) == 0 else {
      throw Status(.internal, "openssl \(arguments[0]) failed")
    }
  }

  private func run(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    do { try process.start() } catch {
      throw Status(.internal, "these tests need the openssl command: apt-get install openssl")
    }
    process.waitUntilExit()
    return process.terminationStatus
  }
}
