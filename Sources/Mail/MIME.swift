import Foundation
import Values

/// The text of a message as it goes over SMTP: RFC 5322 headers, MIME parts, CRLF lines, ASCII only.
public enum MIME {
  /// - Parameters:
  ///   - date: the `Date` header.
  ///   - boundary: the seed of the part boundaries; letters and digits. The message's parts are all encoded, so
  ///     no boundary can occur inside one.
  public static func compose(
    _ message: MailMessage, date: Instant, boundary: String = "portico"
  ) throws(MailError) -> [UInt8] {
    var text = try header(of: message, date: date)
    text += body(of: message, boundary: boundary).text
    return Array(text.utf8)
  }

  private static func header(of message: MailMessage, date: Instant) throws(MailError) -> String {
    guard !message.to.isEmpty else { throw .invalid("to", "is empty") }
    guard message.messageID.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x3c && $0 != 0x3e }),
      message.messageID.contains("@")
    else { throw .invalid("message id", "is not of the form left@right") }
    guard !message.subject.hasControlCharacters else {
      throw .invalid("subject", "holds a control character")
    }
    for attachment in message.attachments {
      try check(attachment)
    }
    var fields = [
      ("Date", dateHeader(date)), ("From", HeaderText.mailbox(message.from)),
      ("To", message.to.map(HeaderText.mailbox).joined(separator: ",\r\n ")),
    ]
    if let replyTo = message.replyTo { fields.append(("Reply-To", HeaderText.mailbox(replyTo))) }
    fields.append(("Subject", HeaderText.encoded(message.subject, after: "Subject: ".count)))
    fields.append(("Message-ID", "<\(message.messageID)>"))
    fields.append(("MIME-Version", "1.0"))
    for header in message.headers { fields.append(try checked(header)) }
    return fields.map { "\($0): \($1)\r\n" }.joined()
  }

  /// Fields that the message itself gives; a second one of a kind is how a `Bcc:` or a false sender is smuggled.
  private static let reserved: Set<String> = [
    "from", "to", "cc", "bcc", "sender", "reply-to", "subject", "date", "message-id",
    "mime-version",
    "content-type", "content-transfer-encoding", "content-disposition", "return-path",
  ]

  private static func checked(_ header: MailMessage.Header) throws(MailError) -> (String, String) {
    guard !header.name.isEmpty,
      header.name.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x3a })
    else { throw .invalid("header name", "is not a header name") }
    guard !reserved.contains(header.name.lowercased()) else {
      throw .invalid("header \(header.name)", "is the message's own")
    }
    guard !header.value.hasControlCharacters else {
      throw .invalid("header \(header.name)", "holds a control character")
    }
    return (header.name, HeaderText.encoded(header.value, after: header.name.count + 2))
  }

  private static func check(_ attachment: MailMessage.Attachment) throws(MailError) {
    guard !attachment.name.isEmpty, !attachment.name.hasControlCharacters else {
      throw .invalid("attachment name", "is empty or holds a control character")
    }
    let parts = attachment.contentType.split(separator: "/", omittingEmptySubsequences: false)
    let token = { (text: Substring) in
      !text.isEmpty
        && text.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20)
            || "-+._".utf8.contains($0)
        }
    }
    guard parts.count == 2, parts.allSatisfy(token) else {
      throw .invalid("attachment type", "is not of the form type/subtype")
    }
  }

  private static func body(of message: MailMessage, boundary: String) -> Part {
    let plain = Part.text(message.text, subtype: "plain")
    let readable =
      message.html.map {
        Part.multipart(
          "alternative", [plain, .text($0, subtype: "html")], boundary: "=_\(boundary).alt")
      } ?? plain
    guard !message.attachments.isEmpty else { return readable }
    return .multipart(
      "mixed", [readable] + message.attachments.map(Part.attachment), boundary: "=_\(boundary).mix")
  }

  /// `Tue, 03 Feb 2026 04:05:06 +0000`.
  static func dateHeader(_ date: Instant) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss '+0000'"
    return formatter.string(from: date.date)
  }
}

/// One MIME entity: its own headers, a blank line, its content.
struct Part {
  let text: String

  static func text(_ text: String, subtype: String) -> Part {
    Part(
      text: "Content-Type: text/\(subtype); charset=utf-8\r\n"
        + "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + QuotedPrintable.encode(text)
        + "\r\n")
  }

  static func attachment(_ attachment: MailMessage.Attachment) -> Part {
    let name = HeaderText.parameter("filename", attachment.name)
    let base64 = Data(attachment.bytes).base64EncodedString(options: [.lineLength76Characters])
    return Part(
      text: "Content-Type: \(attachment.contentType)\r\n"
        + "Content-Disposition: attachment;\r\n \(name)\r\n"
        + "Content-Transfer-Encoding: base64\r\n\r\n" + base64 + "\r\n")
  }

  static func multipart(_ subtype: String, _ parts: [Part], boundary: String) -> Part {
    let inner = parts.map { "--\(boundary)\r\n\($0.text)" }.joined()
    return Part(
      text: "Content-Type: multipart/\(subtype);\r\n boundary=\"\(boundary)\"\r\n\r\n"
        + inner + "--\(boundary)--\r\n")
  }
}
