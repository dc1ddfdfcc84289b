import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values

/// Serves `portico.ticketing.v1.Catalog`.
struct CatalogHandlers: CatalogService {
  let store: any Store
  let ids: SortableIDGenerator
  let catalogues: KeptCatalogueStore

  func listCatalogEntries(
    _ request: Ticketing.ListCatalogEntriesRequest, _ call: Call
  ) async throws -> Ticketing.ListCatalogEntriesResponse {
    let kind = CatalogEntry.Kind(request.kind)
    let entries = try await call.read(in: store) { db in
      try catalogues.catalogue(db).entries
    }
    return .init(
      catalogEntries: entries.filter { entry in
        (kind == nil || entry.kind == kind) && (request.includeRetired || !entry.retired)
      }.map { .init($0) })
  }

  func createCatalogEntry(
    _ request: Ticketing.CreateCatalogEntryRequest, _ call: Call
  ) async throws -> Ticketing.CatalogEntry {
    let message = request.catalogEntry ?? .init()
    var check = Violations()
    let name = check.text(message.displayName, "catalog_entry.display_name", limit: 100)
    let kind = CatalogEntry.Kind(message.kind)
    check.require(kind != nil, "catalog_entry.kind", "is required")
    check.require(
      request.catalogEntryID.isEmpty || ResourceName.isID(request.catalogEntryID),
      "catalog_entry_id", "may hold letters, digits, hyphens and underscores")
    check.require(
      (kind == .subIssueType) == !message.parent.isEmpty, "catalog_entry.parent",
      kind == .subIssueType ? "is required" : "is for sub-issue types only")
    try check.end()
    guard let kind else { throw check.status }
    let parent =
      try message.parent.isEmpty
      ? nil
      : ResourceName(message.parent, "catalogEntries/*", field: "catalog_entry.parent")[
        "catalogEntries"]
    let entry = CatalogEntry(
      id: request.catalogEntryID.isEmpty ? "\(ids.next())" : request.catalogEntryID, kind: kind,
      displayName: name, parent: parent, rank: Int64(message.rank), isDefault: message.isDefault,
      retired: message.retired, version: 1)
    let actor = try call.auditActor
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      let entries = CatalogEntryStore(db)
      if let parent {
        guard try entries.catalogue()[parent]?.kind == .issueType else {
          throw Status.invalid("catalog_entry.parent", "is not an issue type")
        }
      }
      try entries.insert(entry)
      try db.audit(
        "catalog_entry.created", on: entry.name, by: actor, after: ["display_name": name])
      try db.emit(.catalogEntryCreated, on: entry.name)
      return .init(entry)
    }
  }

  func updateCatalogEntry(
    _ request: Ticketing.UpdateCatalogEntryRequest, _ call: Call
  ) async throws -> Ticketing.CatalogEntry {
    let message = request.catalogEntry ?? .init()
    let id = try ResourceName(
      message.name, "catalogEntries/*", field: "catalog_entry.name")["catalogEntries"]
    let mask = try UpdateMask(
      request.updateMask, of: message,
      allowing: ["display_name", "rank", "is_default", "retired"])
    var check = Violations()
    let name = check.text(
      message.displayName, "catalog_entry.display_name", limit: 100,
      required: mask.contains("display_name"))
    try check.end()
    let actor = try call.auditActor
    let scope = try call.scope
    return try await call.write(in: store) { db in
      let entries = CatalogEntryStore(db)
      guard var entry = try entries.catalogue()[id] else { throw StoreError.notFound }
      try Etag(version: entry.version).require(message.etag)
      let before = entry.displayName
      if mask.contains("display_name") { entry.displayName = name }
      if mask.contains("rank") { entry.rank = Int64(message.rank) }
      if mask.contains("is_default") { entry.isDefault = message.isDefault }
      if mask.contains("retired") { entry.retired = message.retired }
      let saved = try entries.save(entry)
      if saved.kind == .priority {
        try TicketStore(db).rerank(priority: saved.id, to: saved.rank, in: scope)
      }
      try db.audit(
        "catalog_entry.updated", on: entry.name, by: actor, before: ["display_name": before],
        after: ["display_name": saved.displayName, "retired": "\(saved.retired)"])
      try db.emit(.catalogEntryUpdated, on: entry.name)
      return .init(saved)
    }
  }
}

extension Ticketing.CatalogEntry {
  fileprivate init(_ entry: CatalogEntry) {
    self.init(
      name: entry.name, kind: .init(entry.kind), displayName: entry.displayName,
      parent: entry.parent.map { "catalogEntries/\($0)" } ?? "", rank: Int32(clamping: entry.rank),
      isDefault: entry.isDefault, retired: entry.retired,
      etag: "\(Etag(version: entry.version))")
  }
}

extension CatalogEntry.Kind {
  fileprivate init?(_ kind: Ticketing.CatalogKind) {
    switch kind {
    case .category: self = .category
    case .ticketType: self = .ticketType
    case .priority: self = .priority
    case .issueType: self = .issueType
    case .subIssueType: self = .subIssueType
    default: return nil
    }
  }
}

extension Ticketing.CatalogKind {
  fileprivate init(_ kind: CatalogEntry.Kind) {
    switch kind {
    case .category: self = .category
    case .ticketType: self = .ticketType
    case .priority: self = .priority
    case .issueType: self = .issueType
    case .subIssueType: self = .subIssueType
    }
  }
}
