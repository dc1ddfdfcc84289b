import Foundation
import Values

/// One value that tickets can be classified with.
struct CatalogEntry: Sendable, Hashable {
  var id: String
  var kind: Kind
  var displayName: String
  /// Of a sub-issue type: its issue type.
  var parent: String?
  var rank: Int64
  var isDefault: Bool
  var retired: Bool
  var version: Int64

  enum Kind: String, Sendable, Hashable, CaseIterable {
    case category
    case ticketType = "ticket_type"
    case priority
    case issueType = "issue_type"
    case subIssueType = "sub_issue_type"
  }

  var name: String { "catalogEntries/\(id)" }
}

/// Entries of a tenant: all of them, or those that a ticket is about and the defaults.
struct Catalogue: Sendable {
  private let byID: [String: CatalogEntry]
  let entries: [CatalogEntry]

  init(_ entries: [CatalogEntry]) {
    self.entries = entries
    byID = Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  subscript(id: String) -> CatalogEntry? { byID[id] }

  func preferred(_ kind: CatalogEntry.Kind) -> CatalogEntry? {
    entries.first { $0.kind == kind && $0.isDefault && !$0.retired }
  }

  /// What a caller asks a ticket to be classified with: ids, nil where nothing is said.
  struct Wish: Sendable, Hashable {
    var category: String?
    var type: String?
    var priority: String?
    var issueType: String?
    var subIssueType: String?

    var ids: [String] { [category, type, priority, issueType, subIssueType].compactMap(\.self) }
  }

  enum Problem: Error, Hashable {
    case unknown(CatalogEntry.Kind)
    case subIssueOfAnotherIssue
  }

  /// Checks the wish and fills in the defaults. `kept` is what the ticket has already, which stays
  /// allowed when it was retired since.
  func classification(
    _ wish: Wish, kept: Ticket.Classification? = nil
  ) -> Result<Ticket.Classification, Problems> {
    var problems: [Problem] = []
    func entry(_ id: String?, _ kind: CatalogEntry.Kind, _ old: String?) -> CatalogEntry? {
      guard let id else { return kept == nil ? preferred(kind) : nil }
      guard let entry = byID[id], entry.kind == kind, !entry.retired || id == old else {
        problems.append(.unknown(kind))
        return nil
      }
      return entry
    }
    let category = entry(wish.category, .category, kept?.category)
    let type = entry(wish.type, .ticketType, kept?.type)
    let priority = entry(wish.priority, .priority, kept?.priority)
    let issue = entry(wish.issueType, .issueType, kept?.issueType)
    let sub = entry(wish.subIssueType, .subIssueType, kept?.subIssueType)
    if let sub, wish.subIssueType != nil, sub.parent != issue?.id {
      problems.append(.subIssueOfAnotherIssue)
    }
    guard problems.isEmpty else { return .failure(Problems(list: problems)) }
    let isOfIssue = sub?.parent == issue?.id
    return .success(
      Ticket.Classification(
        category: category?.id, type: type?.id, priority: priority?.id,
        priorityRank: priority?.rank ?? .max, issueType: issue?.id,
        subIssueType: isOfIssue ? sub?.id : nil))
  }

  struct Problems: Error, Hashable {
    let list: [Problem]
  }
}
