import Foundation
import Values

/// Who did something, and for whom when it was not for themselves.
public struct Actor: Sendable, Hashable {
  /// The signed-in user or service, as `users/7` or `services/ticketing`.
  public var name: String
  public var onBehalfOf: String?

  public init(_ name: String, onBehalfOf: String? = nil) {
    self.name = name
    self.onBehalfOf = onBehalfOf
  }
}

struct AuditEntry {
  var actor: Actor
  var action: String
  var resource: String
  var before: String
  var after: String
}

/// A row of the audit log as it was written.
public struct AuditRecord: Sendable, Hashable {
  public var position: Int64
  public var time: Instant
  public var actor: Actor
  /// What was done, as `tickets.close`.
  public var action: String
  public var resource: String
  /// The changed fields as JSON objects of strings.
  public var before: String
  public var after: String
  public var hash: [UInt8]
}

extension Transaction {
  /// Writes who changed what, in the transaction of the change (D-55). `before` and `after` hold the
  /// changed fields as printed values; a value is cut at 512 bytes, and 64 fields are kept.
  public func audit(
    _ action: String, on resource: String, by actor: Actor,
    before: [String: String] = [:], after: [String: String] = [:]
  ) throws(StoreError) {
    let entry = AuditEntry(
      actor: actor, action: action, resource: resource,
      before: try AuditLog.bounded(before), after: try AuditLog.bounded(after))
    try state.later(entry, for: tenant)
  }

  /// The audit log after a position, oldest first.
  public func auditRecords(after position: Int64 = 0, limit: Int) throws(StoreError)
    -> [AuditRecord]
  {
    try AuditLog.rows(after: position, limit: limit, in: self)
  }

  /// Walks the whole chain of this tenant. Nil when it is intact; else the first position at which a
  /// row was changed, removed or added behind the log's back.
  public func firstBrokenAuditPosition() throws(StoreError) -> Int64? {
    try AuditLog.firstBroken(in: self)
  }
}

/// The append-only, hash-chained log of a tenant: each row's hash covers the row and the hash before
/// it, and the head keeps the last one, so that cutting off the end shows as well.
enum AuditLog {
  static let maximumValueBytes = 512
  static let maximumFields = 64

  /// - Parameter head: the log's head, moved on by the number of entries.
  static func append(
    _ entries: [AuditEntry], upTo head: LogHead, in db: Transaction
  ) throws(StoreError) {
    var position = head.position - Int64(entries.count)
    var previous = head.hash
    for entry in entries {
      position += 1
      let record = AuditRecord(
        position: position, time: db.now, actor: entry.actor, action: entry.action,
        resource: entry.resource, before: entry.before, after: entry.after, hash: [])
      let hash = hash(of: record, tenant: db.tenant, after: previous)
      try db.run(
        """
        INSERT INTO portico_audit (tenant, position, at, actor, on_behalf_of, action, resource,
          before_values, after_values, hash)
        VALUES (\(db.tenant), \(position), \(db.now), \(entry.actor.name), \(entry.actor.onBehalfOf),
          \(entry.action), \(entry.resource), \(entry.before), \(entry.after), \(hash))
        """)
      previous = hash
    }
    try db.run(
      """
      UPDATE portico_heads SET hash = \(previous)
      WHERE tenant = \(db.tenant) AND log = \(LogHead.Log.audit)
      """)
  }

  static func firstBroken(in db: Transaction) throws(StoreError) -> Int64? {
    var position: Int64 = 0
    var previous: [UInt8] = []
    while true {
      let rows = try rows(after: position, limit: 500, in: db)
      for record in rows {
        let expected = hash(of: record, tenant: db.tenant, after: previous)
        guard record.position == position + 1, record.hash == expected else {
          return position + 1
        }
        position += 1
        previous = expected
      }
      if rows.count < 500 { break }
    }
    let head = try LogHead.read(.audit, in: db)
    return head.position == position && head.hash == previous ? nil : position + 1
  }

  static func rows(
    after position: Int64, limit: Int, in db: Transaction
  ) throws(StoreError) -> [AuditRecord] {
    let rows = try db.all(
      """
      SELECT position, at, actor, on_behalf_of, action, resource, before_values, after_values, hash
      FROM portico_audit WHERE tenant = \(db.tenant) AND position > \(position)
      ORDER BY position LIMIT \(limit)
      """)
    var records: [AuditRecord] = []
    for row in rows { records.append(try AuditRecord(row)) }
    return records
  }

  static func bounded(_ fields: [String: String]) throws(StoreError) -> String {
    var kept: [String: String] = [:]
    for (name, value) in fields.sorted(by: { $0.key < $1.key }).prefix(maximumFields) {
      kept[name] = cut(value)
    }
    if fields.count > maximumFields { kept["…"] = "\(fields.count - maximumFields) more" }
    if let plain = plain(kept) { return plain }
    return try encoded(kept)
  }

  /// The object of texts that JSON spells as they are, which nearly all are; nil when one is not.
  private static func plain(_ fields: [String: String]) -> String? {
    var object = "{"
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) {
      guard isPlain(name), isPlain(value) else { return nil }
      if object.utf8.count > 1 { object += "," }
      object += "\"\(name)\":\"\(value)\""
    }
    return object + "}"
  }

  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x22 && $0 != 0x5c }
  }

  private static func encoded(_ fields: [String: String]) throws(StoreError) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(fields), as: UTF8.self)
    } catch {
      throw .unstorable("audit fields: \(error)")
    }
  }

  private static func cut(_ value: String) -> String {
    guard value.utf8.count > maximumValueBytes else { return value }
    var bytes = 0
    let kept = value.prefix {
      bytes += $0.utf8.count
      return bytes <= maximumValueBytes
    }
    return kept + "…"
  }

  /// Every field goes in with its length, so that no two rows share an input.
  private static func hash(
    of record: AuditRecord, tenant: TenantID, after previous: [UInt8]
  ) -> [UInt8] {
    var input = Digest.Input()
    input.append(previous)
    input.append(tenant.rawValue)
    input.append(record.position)
    input.append(record.time.microseconds)
    input.append(record.actor.name)
    input.append(record.actor.onBehalfOf == nil ? 0 : 1)
    input.append(record.actor.onBehalfOf ?? "")
    for text in [record.action, record.resource, record.before, record.after] {
      input.append(text)
    }
    return Digest.sha256(input.bytes)
  }
}

extension AuditRecord {
  fileprivate init(_ row: Row) throws(StoreError) {
    position = try row.read("position")
    time = try row.read("at")
    actor = Actor(try row.read("actor"), onBehalfOf: try row.read("on_behalf_of"))
    action = try row.read("action")
    resource = try row.read("resource")
    before = try row.read("before_values")
    after = try row.read("after_values")
    hash = try row.read("hash")
  }
}
