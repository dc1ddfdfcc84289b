import CCurl
import Foundation
import Threads
import Values

/// Hands messages to one mail server. libcurl speaks SMTP and TLS; each delivery blocks a thread of its own pool.
public final class SMTPTransport: Sendable {
  public struct Server: Sendable {
    public enum Security: String, Sendable {
      /// Plain text: a relay on the same host, or a test.
      case none
      /// STARTTLS, required: no TLS, no mail.
      case startTLS = "starttls"
      /// TLS from the first byte (port 465).
      case tls
    }

    public var host: String
    public var port: Int
    public var security: Security
    public var user: String?
    public var password: Secret<String>?
    /// What we call ourselves in EHLO.
    public var clientName: String
    public var connectTimeout: Duration
    /// For one whole delivery.
    public var timeout: Duration

    public init(
      host: String, port: Int, security: Security, user: String? = nil,
      password: Secret<String>? = nil, clientName: String = "localhost",
      connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(60)
    ) {
      self.host = host
      self.port = port
      self.security = security
      self.user = user
      self.password = password
      self.clientName = clientName
      self.connectTimeout = connectTimeout
      self.timeout = timeout
    }
  }

  public let server: Server
  private let pool: WorkerPool
  private let clock: any WallClock

  /// - Parameters:
  ///   - connections: deliveries at once.
  ///   - queueLimit: deliveries that wait; one more fails with `MailError.busy`.
  public init(
    _ server: Server, connections: Int = 2, queueLimit: Int = 100,
    clock: any WallClock = SystemClock()
  ) throws(MailError) {
    let isHost = { (text: String) in
      !text.isEmpty
        && text.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20)
            || "-._:[]".utf8.contains(byte)
        }
    }
    guard isHost(server.host) else { throw .invalid("host", "is not a host name") }
    guard isHost(server.clientName) else { throw .invalid("client name", "is not a host name") }
    guard (1...65535).contains(server.port) else { throw .invalid("port", "is not a port") }
    self.server = server
    self.clock = clock
    pool = WorkerPool(name: "smtp", threads: connections, queueLimit: queueLimit)
  }

  /// Delivers one message to all its recipients. Returns when the server has taken responsibility for it.
  ///
  /// - Throws: `MailError`; after `unreachable` and a temporary refusal the caller tries again with the same
  ///   `messageID`.
  public func send(_ message: MailMessage) async throws {
    let bytes = try MIME.compose(message, date: clock.now)
    do {
      try await pool.run { [server] in
        try Delivery(server: server, from: message.from, to: message.to, bytes: bytes).perform()
      }
    } catch is WorkerPoolFull {
      throw MailError.busy
    }
  }
}

/// One SMTP conversation, on the thread that runs it.
private struct Delivery {
  let server: SMTPTransport.Server
  let from: MailAddress
  let to: [MailAddress]
  let bytes: [UInt8]

  func perform() throws(MailError) {
    guard curlReady, let handle = curl_easy_init() else {
      throw .unreachable("libcurl did not start")
    }
    defer { curl_easy_cleanup(handle) }
    var recipients: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(recipients) }
    for address in to {
      guard let longer = curl_slist_append(recipients, "<\(address.address)>") else {
        throw .unreachable("out of memory")
      }
      recipients = longer
    }
    let source = Source(bytes)
    let status = withExtendedLifetime(source) { () -> CURLcode in
      configure(handle, recipients, source)
      return curl_easy_perform(handle)
    }
    try check(status, handle)
  }

  private func configure(
    _ curl: UnsafeMutableRawPointer, _ recipients: UnsafeMutablePointer<curl_slist>?,
    _ source: Source
  ) {
    let scheme = server.security == .tls ? "smtps" : "smtp"
    portico_curl_set_string(
      curl, CURLOPT_URL, "\(scheme)://\(server.host):\(server.port)/\(server.clientName)")
    portico_curl_set_string(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps")
    portico_curl_set_string(curl, CURLOPT_PROXY, "")
    portico_curl_set_long(
      curl, CURLOPT_USE_SSL, server.security == .none ? 0 : Int(CURLUSESSL_ALL.rawValue))
    portico_curl_set_long(curl, CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    if let user = server.user { portico_curl_set_string(curl, CURLOPT_USERNAME, user) }
    if let password = server.password {
      portico_curl_set_string(curl, CURLOPT_PASSWORD, password.reveal())
    }
    portico_curl_set_string(curl, CURLOPT_MAIL_FROM, "<\(from.address)>")
    portico_curl_set_pointer(curl, CURLOPT_MAIL_RCPT, recipients)
    portico_curl_set_long(curl, CURLOPT_UPLOAD, 1)
    portico_curl_set_transfer(curl, CURLOPT_READFUNCTION) { buffer, size, count, context in
      guard let buffer, let context else { return 0 }
      return Unmanaged<Source>.fromOpaque(context).takeUnretainedValue().read(
        into: buffer, size * count)
    }
    portico_curl_set_pointer(curl, CURLOPT_READDATA, Unmanaged.passUnretained(source).toOpaque())
    // No signals: other threads run here.
    portico_curl_set_long(curl, CURLOPT_NOSIGNAL, 1)
    portico_curl_set_long(curl, CURLOPT_CONNECTTIMEOUT_MS, server.connectTimeout.milliseconds)
    portico_curl_set_long(curl, CURLOPT_TIMEOUT_MS, server.timeout.milliseconds)
  }

  private func check(_ status: CURLcode, _ curl: UnsafeMutableRawPointer) throws(MailError) {
    guard status != CURLE_OK else { return }
    if status == CURLE_LOGIN_DENIED { throw .notAuthenticated }
    var answer = 0
    portico_curl_get_long(curl, CURLINFO_RESPONSE_CODE, &answer)
    if answer >= 400, answer < 600 { throw .refused(code: answer, isPermanent: answer >= 500) }
    throw .unreachable(String(cString: curl_easy_strerror(status)))
  }
}

/// The bytes that libcurl has yet to take.
private final class Source {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  func read(into buffer: UnsafeMutablePointer<CChar>, _ room: Int) -> Int {
    let count = min(room, bytes.count - position)
    bytes.withUnsafeBytes { source in
      guard count > 0, let base = source.baseAddress else { return }
      UnsafeMutableRawPointer(buffer).copyMemory(from: base + position, byteCount: count)
    }
    position += count
    return count
  }
}

/// libcurl's own set-up is not thread-safe: once, before the first handle.
private let curlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

extension Duration {
  fileprivate var milliseconds: Int { Int(clamping: wholeMicroseconds / 1000) }
}
