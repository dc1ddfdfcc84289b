import Foundation
import HTTP2
import TestProcesses
import TestSupport

/// Runs openssl; its output, standard error left out.
func openssl(_ arguments: [String], input: String = "") async throws -> String {
  try await onOwnThread {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    let (stdin, stdout) = (Pipe.ofOneChild(), Pipe.ofOneChild())
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = FileHandle.nullDevice
    try process.start()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    // `-quiet` goes on reading after the end of its input.
    try stdin.fileHandleForWriting.close()
    let data = stdout.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }
}

/// A certificate that lives as long as the test; the body may write another in its place.
func withCertificate(
  _ name: String = "northwind.localhost", _ body: (TLSConfiguration, String) async throws -> Void
) async throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  let certificate = folder.appendingPathComponent("edge.pem").path
  let key = folder.appendingPathComponent("edge.key").path
  try await writeCertificate(name, certificate, key)
  do {
    try await body(.server(certificateChainFile: certificate, privateKeyFile: key), certificate)
  } catch {
    try FileManager.default.removeItem(at: folder)
    throw error
  }
  try FileManager.default.removeItem(at: folder)
}

func writeCertificate(_ name: String, _ certificate: String, _ key: String) async throws {
  _ = try await openssl([
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
    "2", "-keyout", key, "-out", certificate, "-subj", "/CN=\(name)", "-addext",
    "subjectAltName=DNS:\(name)",
  ])
}
