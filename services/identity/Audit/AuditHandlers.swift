import Handling
import PorticoAPI
import Protobuf
import RPC
import Store
import Values
import WellKnown

/// Who did what, over the wire.
struct AuditHandlers: AuditLogService {
  let parts: IdentityParts

  func listAuditEntries(
    _ request: Identity.ListAuditEntriesRequest, _ call: Call
  ) async throws -> Identity.ListAuditEntriesResponse {
    let scope = try call.scope
    let page = try request.page([request.resource], in: scope)
    let found = try await call.read(in: parts.store) { db in
      try AuditStore(db).entries(page, about: request.resource, in: scope)
    }
    return .init(
      auditEntries: found.items.map(Identity.AuditEntry.init), nextPageToken: found.nextToken)
  }
}

extension Identity.ListAuditEntriesRequest: PagedRequest {}

extension Identity.AuditEntry {
  fileprivate init(_ entry: AuditStore.Entry) {
    self.init(
      name: "auditEntries/\(entry.position)", time: .init(entry.time), actor: entry.actor,
      actorDisplayName: entry.actorDisplayName, onBehalfOf: entry.onBehalfOf ?? "",
      action: entry.action, resource: entry.resource, before: entry.before, after: entry.after)
  }
}
