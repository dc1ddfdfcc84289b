import Foundation
import RPC

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
  }

  func file(_ name: String) -> String { folder.appending(path: name).path }
  func remove() throws { try FileManager.default.removeItem(at: folder) }

  private func authority(_ name: String) throws {
    try openssl([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
      "2", "-subj", "/CN=\(name)", "-keyout", file("\(name).key"), "-out", file("\(name).pem"),
    ])
  }

  private func issue(_ name: String, by authority: String, names: String) throws {
    try openssl([
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=not-a-name", "-addext", "subjectAltName=\(names)", "-keyout", file("\(name).key"),
      "-out", file("\(name).csr"),
    ])
    try openssl([
      "x509", "-req", "-in", file("\(name).csr"), "-CA", file("\(authority).pem"), "-CAkey",
      file("\(authority).key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copy",
      "-out", file("\(name).pem"),
    ])
  }

  private func openssl(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    do { try process.run() } catch {
      throw Status(.internal, "these tests need the openssl command: apt-get install openssl")
    }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Status(.internal, "openssl \(arguments[0]) failed")
    }
  }
}
