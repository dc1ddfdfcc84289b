import Foundation
import Values

/// A piece of company news. Without a time of publishing it is a draft, with one to come it is scheduled;
/// nothing has to run for it to appear.
struct NewsItem: Sendable, Hashable {
  var id: String
  var title: String
  var summary: String
  var body: String
  var pinned: Bool
  var publish: Instant?
  var author: String
  var authorDisplayName: String
  var created: Instant
  var updated: Instant
  var version: Int64 = 1

  func isPublished(at now: Instant) -> Bool { publish.map { $0 <= now } ?? false }

  static let maximumTitle = 200
  static let maximumSummary = 500
  static let maximumBody = 50_000

  /// Who is shown what: readers what is published, editors everything.
  enum Audience: Sendable, Hashable { case readers, editors }
}
