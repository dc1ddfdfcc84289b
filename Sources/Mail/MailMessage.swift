/// One mail, as a person would describe it. `MIME` spells it.
public struct MailMessage: Sendable, Equatable {
  public var from: MailAddress
  public var to: [MailAddress]
  public var replyTo: MailAddress?
  public var subject: String
  /// The body for every reader.
  public var text: String
  /// The same in HTML, for those who show it.
  public var html: String?
  public var attachments: [Attachment]
  /// Further header fields (`Auto-Submitted`, `In-Reply-To`, …): ASCII names, any text as value.
  public var headers: [Header]
  /// Without angle brackets: `b7f3…@portal.example.com`. The same for every attempt to deliver one message.
  public var messageID: String

  public struct Attachment: Sendable, Equatable {
    public var name: String
    /// `application/pdf`.
    public var contentType: String
    public var bytes: [UInt8]

    public init(name: String, contentType: String, bytes: [UInt8]) {
      self.name = name
      self.contentType = contentType
      self.bytes = bytes
    }
  }

  public struct Header: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    from: MailAddress, to: [MailAddress], replyTo: MailAddress? = nil, subject: String,
    text: String,
    html: String? = nil, attachments: [Attachment] = [], headers: [Header] = [], messageID: String
  ) {
    self.from = from
    self.to = to
    self.replyTo = replyTo
    self.subject = subject
    self.text = text
    self.html = html
    self.attachments = attachments
    self.headers = headers
    self.messageID = messageID
  }
}

/// A mailbox: `"Ada King" <ada@example.com>`.
public struct MailAddress: Sendable, Hashable, CustomStringConvertible {
  /// Shown before the address; any text without control characters.
  public let name: String
  /// `local@domain`, ASCII.
  public let address: String

  /// - Throws: `MailError.invalid` for an address that could smuggle a header, a command or a second
  ///   recipient, or that no mail server would take.
  public init(_ address: String, name: String = "") throws(MailError) {
    guard Self.isValid(address) else { throw .invalid("address", "is not a mail address") }
    guard !name.hasControlCharacters else { throw .invalid("name", "holds a control character") }
    self.address = address
    self.name = name
  }

  public var description: String { name.isEmpty ? address : "\(name) <\(address)>" }

  /// The dot-atom form of RFC 5322, which is what every deployed mailbox uses: no quoted local part, no
  /// comment, no address literal, at most 254 characters (RFC 5321).
  public static func isValid(_ address: String) -> Bool {
    let parts = address.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    guard parts.count == 2, address.utf8.count <= 254, parts[0].count <= 64 else { return false }
    let atoms = parts[0].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    let labels = parts[1].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return atoms.allSatisfy { !$0.isEmpty && $0.allSatisfy(isAtomCharacter) }
      && labels.allSatisfy { label in
        (1...63).contains(label.count) && label.allSatisfy(isHostCharacter)
          && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
      }
  }

  private static func isAtomCharacter(_ byte: UInt8) -> Bool {
    isHostCharacter(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
  }

  private static func isHostCharacter(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

public enum MailError: Error, Sendable, Equatable {
  /// The message cannot be written: which part, and why.
  case invalid(String, String)
  /// The server answered no. `isPermanent` (5xx): trying again gives the same answer.
  case refused(code: Int, isPermanent: Bool)
  /// User name or password were not taken.
  case notAuthenticated
  /// No connection, no TLS, or no answer in time: try again later.
  case unreachable(String)
  /// Too many mails are waiting in this process.
  case busy
}

extension String {
  /// CR, LF, NUL and the rest: what a header value must never hold (X-16).
  var hasControlCharacters: Bool {
    unicodeScalars.contains { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) }
  }
}
