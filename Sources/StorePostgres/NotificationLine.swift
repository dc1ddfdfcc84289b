import CPostgres
import Foundation
import Store
import Values

/// The connection on which one process tells and hears notifications.
final class NotificationLine {
  private static let channel = "portico_events"
  /// PostgreSQL takes 8,000 bytes.
  private static let longestPayload = 7000

  /// False behind a pooler, whose connections hear for whoever has them at the moment.
  let listens: Bool
  private let connection: PostgresConnection
  /// Who tells, so that nobody hears itself.
  private let origin = UUID().uuidString

  init(_ address: ConnectionAddress) throws(StoreError) {
    connection = try PostgresConnection(address, names: ConstraintNames(), patience: .seconds(10))
    listens = !connection.isPooled
    if listens { _ = try connection.perform(text: "LISTEN \(Self.channel)") }
  }

  var socket: Int32 { PQsocket(connection.pointer) }

  /// Sends the tenants, in as many notifications as it takes.
  func tell(_ tenants: Set<TenantID>) throws(StoreError) {
    try connection.enqueue(.begin)
    // There is nothing in it that a disk should keep.
    try connection.enqueue(Command(text: "SET LOCAL synchronous_commit = off", recurs: true))
    for payload in payloads(tenants) {
      let sql: SQL = "SELECT pg_notify(\(Self.channel), \(payload))"
      try connection.enqueue(Command(sql.statement(for: .postgres)))
    }
    _ = try connection.perform(.commit)
  }

  /// The origin, and a tenant a line.
  private func payloads(_ tenants: Set<TenantID>) -> [String] {
    var payloads: [String] = []
    var payload = origin
    for tenant in tenants {
      // Ids have no line in them; one that had would be found by looking.
      guard !tenant.rawValue.contains("\n") else { continue }
      if payload.utf8.count + tenant.rawValue.utf8.count + 1 > Self.longestPayload {
        payloads.append(payload)
        payload = origin
      }
      payload += "\n" + tenant.rawValue
    }
    return payloads + [payload]
  }

  /// Whose logs others have added to, since it was asked last.
  func hear() throws(StoreError) -> Set<TenantID> {
    guard PQconsumeInput(connection.pointer) == 1, connection.isAlive() else {
      throw .unavailable("the connection for notifications is lost")
    }
    var tenants: Set<TenantID> = []
    while let notification = PQnotifies(connection.pointer) {
      let lines = String(cString: notification.pointee.extra).split(separator: "\n")
      PQfreemem(notification)
      guard let first = lines.first, first != origin else { continue }
      tenants.formUnion(lines.dropFirst().map { TenantID(String($0)) })
    }
    return tenants
  }
}
