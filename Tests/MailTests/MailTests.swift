import Foundation
import TestProcesses
import TestSupport
import Testing
import Values

@testable import Mail

private func address(_ text: String, _ name: String = "") throws -> MailAddress {
  try MailAddress(text, name: name)
}

private func message() throws -> MailMessage {
  MailMessage(
    from: try address("support@msp.example", "MSP Süd"),
    to: [try address("ada@acme.example", "Ada \"the\" King")],
    subject: "Ihr Zugang ist bereit – los geht’s",
    text: "Grüße,\n.ein Punkt vorn\nEnde", html: "<p>Grüße</p>",
    attachments: [
      .init(name: "Rechnung Mai.pdf", contentType: "application/pdf", bytes: [UInt8](0..<100))
    ],
    headers: [.init("Auto-Submitted", "auto-generated")], messageID: "m1@portal.example")
}

private let noon = Instant(seconds: 1_770_091_506)

@Suite("Composing mail")
struct MIMETests {
  @Test("a message is ASCII in CRLF lines of at most 78 columns, with the headers it needs")
  func form() throws {
    let bytes = try MIME.compose(message(), date: noon)
    #expect(bytes.allSatisfy { $0 < 0x80 && $0 != 0 })
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(!text.replacingOccurrences(of: "\r\n", with: "").contains { $0 == "\r" || $0 == "\n" })
    #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    #expect(text.hasPrefix("Date: Tue, 03 Feb 2026 04:05:06 +0000\r\n"))
    #expect(text.contains("Message-ID: <m1@portal.example>\r\n"))
    #expect(text.contains("Auto-Submitted: auto-generated\r\n"))
    #expect(text.contains("\"Ada \\\"the\\\" King\" <ada@acme.example>"))
    #expect(text.contains("Content-Type: multipart/mixed;"))
    #expect(text.contains("filename=\"Rechnung Mai.pdf\""))
  }

  @Test("Python's mail parser reads back what was meant")
  func otherReader() throws {
    var message = try message()
    message.attachments[0].name = "Übersicht – Grüße an alle aus dem sehr langen Dateinamen €.pdf"
    let script = """
      import sys, email, email.policy, json
      m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
      a = list(m.iter_attachments())[0]
      print(json.dumps([m['subject'], m['from'].addresses[0].display_name,
        m['to'].addresses[0].display_name, m.get_body(('plain',)).get_content().replace(chr(13), ''),
        m.get_body(('html',)).get_content(), a.get_filename(), list(a.get_content()),
        [str(d) for p in m.walk() for d in p.defects]]))
      """
    let answer = try python(script, input: MIME.compose(message, date: noon))
    let parsed = try #require(
      try JSONSerialization.jsonObject(with: Data(answer)) as? [Any])
    #expect(parsed[0] as? String == message.subject)
    #expect(parsed[1] as? String == "MSP Süd")
    #expect(parsed[2] as? String == "Ada \"the\" King")
    #expect((parsed[3] as? String)?.trimmingCharacters(in: .newlines) == message.text)
    #expect((parsed[4] as? String)?.trimmingCharacters(in: .newlines) == message.html)
    #expect(parsed[5] as? String == message.attachments[0].name)
    #expect(parsed[6] as? [Int] == Array(0..<100))
    #expect(parsed[7] as? [String] == [])
  }

  @Test(
    "X-16 CR, LF, NUL and other controls are refused wherever they could end a line",
    arguments: ["a\rBcc: x@y.z", "a\nBcc: x@y.z", "a\r\n\r\nbody", "a\0b", "a\u{85}b"])
  func injection(_ evil: String) throws {
    var changed = try message()
    changed.subject = evil
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    changed = try message()
    changed.headers = [.init("X-Note", evil)]
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    changed.headers = [.init(evil, "x")]
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    changed = try message()
    changed.attachments[0].name = evil
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    changed = try message()
    changed.attachments[0].contentType = "text/plain\(evil)"
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    changed = try message()
    changed.messageID = "\(evil)@x"
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
    #expect(throws: MailError.self) { try MailAddress("a@b.example", name: evil) }
    #expect(throws: MailError.self) { try MailAddress("\(evil)@b.example") }
  }

  @Test(
    "X-16 a further header cannot add recipients or another sender",
    arguments: ["Bcc", "cc", "FROM", "To"])
  func reserved(_ name: String) throws {
    var changed = try message()
    changed.headers = [.init(name, "x@y.z")]
    #expect(throws: MailError.self) { try MIME.compose(changed, date: noon) }
  }

  @Test(
    "what is not one mailbox is refused",
    arguments: [
      "", "a", "a@", "@b", "a@b@c", "a b@c.de", "a@b..c", ".a@b.c", "a@-b.c", "a,b@c.d", "<a@b.c>",
      "a@b.c>", "ä@b.de", "a@bücher.de", String(repeating: "a", count: 65) + "@b.c",
    ])
  func badAddresses(_ text: String) {
    #expect(throws: MailError.self) { try MailAddress(text) }
  }

  @Test("quoted-printable breaks long lines and keeps blanks at line ends")
  func quotedPrintable() {
    let long = String(repeating: "ä", count: 60)
    let lines = QuotedPrintable.encode(long).components(separatedBy: "\r\n")
    #expect(lines.allSatisfy { $0.utf8.count <= 76 })
    #expect(QuotedPrintable.encode("a \r\n.b\rc=\n") == "a=20\r\n=2Eb\r\nc=3D\r\n")
  }
}

@Suite("Sending mail")
struct SMTPTests {
  private func transport(_ port: Int) throws -> SMTPTransport {
    try SMTPTransport(
      .init(
        host: "127.0.0.1", port: port, security: .none, clientName: "portal.example",
        connectTimeout: .seconds(5), timeout: .seconds(20)), clock: ManualClock(noon))
  }

  @Test("D-59 a server gets the envelope and exactly the composed text, dots and all")
  func delivery() async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    var message = try message()
    message.to.append(try address("bob@acme.example"))
    try await transport(sink.port).send(message)
    let mail = try #require(sink.received.first)
    #expect(mail.hello == "portal.example")
    #expect(mail.sender.hasPrefix("MAIL FROM:<support@msp.example>"))
    #expect(mail.recipients == ["RCPT TO:<ada@acme.example>", "RCPT TO:<bob@acme.example>"])
    #expect(mail.content == String(decoding: try MIME.compose(message, date: noon), as: UTF8.self))
    #expect(sink.received.count == 1)
  }

  @Test(
    "a refusal says whether trying again helps",
    arguments: [("RCPT", "550 no such user", 550, true), ("MAIL", "451 later", 451, false)])
  func refusals(_ command: String, _ answer: String, _ code: Int, _ isPermanent: Bool) async throws
  {
    let sink = try SMTPSink(refusing: [command: answer])
    defer { sink.stop() }
    let transport = try transport(sink.port)
    let mail = try message()
    await #expect(throws: MailError.refused(code: code, isPermanent: isPermanent)) {
      try await transport.send(mail)
    }
    #expect(sink.received.isEmpty)
  }

  @Test("a server without STARTTLS gets no mail when TLS is required")
  func requiresTLS() async throws {
    let sink = try SMTPSink()
    defer { sink.stop() }
    let transport = try SMTPTransport(
      .init(host: "127.0.0.1", port: sink.port, security: .startTLS, timeout: .seconds(20)))
    let mail = try message()
    await #expect(throws: MailError.self) { try await transport.send(mail) }
    #expect(sink.received.isEmpty)
  }

  @Test("nobody at the port is unreachable")
  func unreachable() async throws {
    let sink = try SMTPSink()
    sink.stop()
    let closed = try SMTPSink()
    closed.stop()
    let transport = try transport(1)
    let mail = try message()
    await #expect(throws: MailError.self) { try await transport.send(mail) }
  }

  @Test("X-16 a host from the settings cannot carry a path or a user")
  func hosts() {
    for host in ["", "a/b", "user@host", "a b", "a\r\nb"] {
      #expect(throws: MailError.self) {
        try SMTPTransport(.init(host: host, port: 25, security: .none))
      }
    }
  }
}

/// Runs a script with python3, which every machine that builds this has for its other checks.
private func python(_ script: String, input: [UInt8]) throws -> [UInt8] {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["python3", "-c", script]
  let (stdin, stdout) = (Pipe.ofOneChild(), Pipe.ofOneChild())
  process.standardInput = stdin
  process.standardOutput = stdout
  try process.start()
  try stdin.fileHandleForWriting.write(contentsOf: Data(input))
  try stdin.fileHandleForWriting.close()
  let output = try stdout.fileHandleForReading.readToEnd() ?? Data()
  process.waitUntilExit()
  return Array(output)
}
