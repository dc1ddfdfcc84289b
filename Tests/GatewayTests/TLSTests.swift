import Foundation
import HTTP2
import TestProcesses
import TestSupport
import Testing

@testable import Gateway

@Suite("R-177 TLS on the edge", .timeLimit(.minutes(2)))
struct TLSTests {
  private func run(_ program: String, _ arguments: [String]) async throws -> String {
    try await onOwnThread {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      let output = Pipe.ofOneChild()
      process.standardOutput = output
      process.standardError = FileHandle.nullDevice
      try process.start()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return String(decoding: data, as: UTF8.self)
    }
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

  private func handshake(_ stage: EdgeStage, _ arguments: [String]) async throws -> String {
    try await openssl(["s_client", "-connect", "127.0.0.1:\(stage.port)"] + arguments)
  }

  @Test("X-28 TLS 1.2 and 1.3 with AEAD suites, and nothing else")
  func suites() async throws {
    try await withCertificate { tls, _ in
      try await EdgeStage.run(tls: tls) { stage in
        for (option, suite) in [
          (["-tls1_3"], "TLS_AES_256_GCM_SHA384"),
          (
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "ECDHE-ECDSA-AES128-GCM-SHA256"
          ),
          (
            ["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "ECDHE-ECDSA-CHACHA20-POLY1305"
          ),
        ] {
          let text = try await handshake(stage, option)
          #expect(text.contains("Cipher is \(suite)"), "\(option)")
        }
        for option in [
          ["-tls1", "-cipher", "ALL:@SECLEVEL=0"], ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
          ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256"],
          ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA"], ["-tls1_2", "-cipher", "kRSA"],
          ["-alpn", "spdy/3"],
        ] {
          let text = try await handshake(stage, option)
          #expect(
            !text.contains("Cipher is TLS_") && !text.contains("Cipher is ECDHE"), "\(option)")
        }
      }
    }
  }

  @Test(
    "X-28 R-037 a new certificate is shown after a reload; one that cannot be read changes nothing")
  func reload() async throws {
    try await withCertificate("old.example") { tls, certificate in
      let key = try #require(tls.privateKeyFile)
      try await EdgeStage.run(tls: tls) { stage in
        let old = try await handshake(stage, [])
        #expect(old.contains("CN = old.example"))
        try await writeCertificate("new.example", certificate, key)
        try stage.server.reloadCertificate()
        let new = try await handshake(stage, [])
        #expect(new.contains("CN = new.example"))
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: certificate))
        #expect(throws: TLSError.self) { try stage.server.reloadCertificate() }
        let kept = try await handshake(stage, [])
        #expect(kept.contains("CN = new.example"))
      }
    }
  }
}
