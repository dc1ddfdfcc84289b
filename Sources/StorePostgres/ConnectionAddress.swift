import CPostgres
import Foundation
import Store

/// How a database is reached: libpq's `host=… dbname=…` or a `postgresql://` address, with everything libpq knows
/// (`sslmode`, `sslrootcert`, `passfile`, several hosts). What is secret in it never gets into a message.
struct ConnectionAddress: Sendable {
  private let conninfo: String
  private let secrets: [String]
  private let hasSeveralHosts: Bool

  /// Throws `unavailable` with the reason, which quotes nothing of the address: libpq's own message would.
  init(_ conninfo: String) throws(StoreError) {
    let options = try Self.parse(conninfo)
    for name in ["host", "hostaddr", "port"] where options[name]?.contains("@") ?? false {
      throw Self.unreadable
    }
    self.conninfo = conninfo
    secrets = ["password", "sslpassword"].compactMap { options[$0] }.filter { !$0.isEmpty }
    hasSeveralHosts = (options["host"] ?? options["hostaddr"] ?? "").contains(",")
  }

  private static let unreadable = StoreError.unavailable(
    "the address of the database cannot be read: percent-encode what is special in user and password"
  )

  private static func parse(_ conninfo: String) throws(StoreError) -> [String: String] {
    guard let first = PQconninfoParse(conninfo, nil) else { throw unreadable }
    defer { PQconninfoFree(first) }
    var options: [String: String] = [:]
    var option = first
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val {
        options[String(cString: keyword)] = String(cString: value)
      }
      option += 1
    }
    return options
  }

  /// For PQconnectdbParams: what stands before `dbname` an address may say otherwise, what stands after it not.
  var parameters: [(name: String, value: String)] {
    var parameters = [
      ("fallback_application_name", "portico"), ("connect_timeout", "5"),
      ("tcp_user_timeout", "20000"), ("keepalives_idle", "30"),
    ]
    // Of several servers the one that takes writes: after a failover that is another one.
    if hasSeveralHosts { parameters.append(("target_session_attrs", "read-write")) }
    return parameters + [("dbname", conninfo), ("client_encoding", "UTF8")]
  }

  /// A message of libpq or of the server, for a log.
  func masked(_ message: String) -> String {
    var message = message.trimmingCharacters(in: .whitespacesAndNewlines)
    for secret in secrets { message = message.replacingOccurrences(of: secret, with: "***") }
    return message
  }
}
