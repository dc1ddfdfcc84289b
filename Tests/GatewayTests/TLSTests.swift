import Foundation
import HTTP2
import NIOPosix
import Testing

@testable import Gateway

@Suite("R-177 TLS on the edge", .timeLimit(.minutes(2)))
struct TLSTests {
  private func run(_ program: String, _ arguments: [String]) async throws -> String {
    try await NIOThreadPool.singleton.runIfActive {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      let output = Pipe()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.run()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
  }

  /// A certificate that lives as long as the test.
  private func withCertificate(_ body: (TLSConfiguration, String) async throws -> Void) async throws
  {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let certificate = folder.appendingPathComponent("edge.pem").path
    let key = folder.appendingPathComponent("edge.key").path
    _ = try await run(
      "/usr/bin/openssl",
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
        "2", "-keyout", key,
        "-out", certificate, "-subj", "/CN=northwind.localhost", "-addext",
        "subjectAltName=DNS:northwind.localhost",
      ])
    try await body(.server(certificateChainFile: certificate, privateKeyFile: key), certificate)
    try FileManager.default.removeItem(at: folder)
  }

  @Test(
    "HTTP/2 by ALPN, HTTP/1.1 by ALPN and without; HSTS and __Host- cookies",
    arguments: ["--http2", "--http1.1", "--no-alpn"])
  func versions(option: String) async throws {
    try await withCertificate { tls, certificate in
      try await EdgeStage.run(tls: tls) { stage in
        let text = try await run(
          "/usr/bin/curl",
          [
            "--max-time", "20", "-sS", "-i", option, "--cacert", certificate, "--resolve",
            "northwind.localhost:\(stage.port):127.0.0.1",
            "https://northwind.localhost:\(stage.port)/login",
          ])
        #expect(text.hasPrefix(option == "--http2" ? "HTTP/2 200" : "HTTP/1.1 200"))
        #expect(text.contains("strict-transport-security: max-age=31536000"))
        #expect(text.contains("set-cookie: __Host-portico-visit="))
        #expect(text.contains("; HttpOnly; Secure"))
        #expect(text.hasSuffix("|Northwind</form>"))
      }
    }
  }
}
