import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

extension Cms.ListNewsRequest: PagedRequest {}

/// Serves `portico.cms.v1.News`.
struct NewsHandlers: NewsService {
  let store: any Store
  let ids: SortableIDGenerator

  func listNews(
    _ request: Cms.ListNewsRequest, _ call: Call
  ) async throws -> Cms.ListNewsResponse {
    let scope = try call.scope
    var audience = NewsItem.Audience.readers
    if request.includeUnpublished {
      guard try call.principal.editsNews else {
        throw Status(.permissionDenied, "you may not do this")
      }
      audience = .editors
    }
    let page = try request.page(
      ["\(request.includeUnpublished)"], in: scope, size: 25, max: 100)
    return try await call.read(in: store) { [audience] db in
      let found = try NewsStore(db).news(for: audience, page: page, in: scope)
      return Cms.ListNewsResponse(
        news: found.items.map { .init($0) }, nextPageToken: found.nextToken)
    }
  }

  func getNewsItem(
    _ request: Cms.GetNewsItemRequest, _ call: Call
  ) async throws -> Cms.NewsItem {
    let name = try ResourceName(request.name, "news/*")
    let scope = try call.scope
    let audience: NewsItem.Audience = try call.principal.editsNews ? .editors : .readers
    return try await call.read(in: store) { db in
      .init(try NewsStore(db).item(name["news"], for: audience, in: scope))
    }
  }

  func createNewsItem(
    _ request: Cms.CreateNewsItemRequest, _ call: Call
  ) async throws -> Cms.NewsItem {
    let (scope, principal, actor) = (try call.scope, try call.principal, try call.auditActor)
    let message = request.newsItem ?? .init()
    var draft = NewsItem(
      id: request.newsID.isEmpty ? "\(ids.next())" : request.newsID, title: "", summary: "",
      body: "", pinned: false, publish: nil, author: principal.user,
      authorDisplayName: principal.displayName, created: call.now, updated: call.now)
    var check = Violations()
    check.require(NewsItem.isID(draft.id), "news_id", "must be 1 to 63 of a-z, 0-9 and hyphen")
    try draft.take(
      message, UpdateMask(.init(paths: ["*"]), of: message, allowing: Self.editable), &check)
    try check.end()
    let item = draft
    return try await call.once(in: store, request: request, requestID: request.requestID) { db in
      try NewsStore(db).insert(item, in: scope)
      try db.record(.newsCreated, item, by: actor)
      return .init(item)
    }
  }

  func updateNewsItem(
    _ request: Cms.UpdateNewsItemRequest, _ call: Call
  ) async throws -> Cms.NewsItem {
    let message = request.newsItem ?? .init()
    let name = try ResourceName(message.name, "news/*", field: "news_item.name")
    let mask = try UpdateMask(request.updateMask, of: message, allowing: Self.editable)
    let (scope, actor) = (try call.scope, try call.auditActor)
    return try await call.write(in: store) { db in
      let news = NewsStore(db)
      let before = try news.item(name["news"], for: .editors, in: scope)
      try Etag(version: before.version).require(message.etag)
      var item = before
      var check = Violations()
      try item.take(message, mask, &check)
      try check.end()
      item.updated = db.now
      let saved = try news.save(item, in: scope)
      try db.record(.newsUpdated, saved, was: before, by: actor)
      return .init(saved)
    }
  }

  func deleteNewsItem(
    _ request: Cms.DeleteNewsItemRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty {
    let name = try ResourceName(request.name, "news/*")
    let (scope, actor) = (try call.scope, try call.auditActor)
    return try await call.write(in: store) { db in
      let news = NewsStore(db)
      let item = try news.item(name["news"], for: .editors, in: scope)
      try Etag(version: item.version).require(request.etag)
      try news.delete(item, in: scope)
      try db.record(.newsDeleted, nil, was: item, by: actor)
      return GoogleProtobuf.Empty()
    }
  }

  private static let editable = ["title", "summary", "body", "publish_time", "pinned"]
}

extension NewsItem {
  fileprivate static func isID(_ text: String) -> Bool {
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
      }
      && !text.hasPrefix("-") && !text.hasSuffix("-")
  }

  /// The fields of the mask; what is wrong with them goes into `check`.
  fileprivate mutating func take(
    _ message: Cms.NewsItem, _ mask: UpdateMask, _ check: inout Violations
  ) throws {
    if mask.contains("title") {
      title = check.text(message.title, "news_item.title", limit: Self.maximumTitle)
    }
    if mask.contains("summary") {
      summary = check.text(
        message.summary, "news_item.summary", limit: Self.maximumSummary, required: false,
        multiline: true)
    }
    if mask.contains("body") {
      body = check.text(
        message.body, "news_item.body", limit: Self.maximumBody, required: false, multiline: true)
    }
    if mask.contains("publish_time") {
      publish = try message.publishTime.map { try Instant($0, field: "news_item.publish_time") }
    }
    if mask.contains("pinned") { pinned = message.pinned }
  }
}

extension Cms.NewsItem {
  fileprivate init(_ item: NewsItem) {
    self.init(
      name: "news/\(item.id)", title: item.title, summary: item.summary, body: item.body,
      publishTime: item.publish.map { .init($0) }, authorDisplayName: item.authorDisplayName,
      createTime: .init(item.created), updateTime: .init(item.updated),
      etag: "\(Etag(version: item.version))", pinned: item.pinned)
  }
}

extension Principal {
  /// Whether drafts are shown: to staff who may write news. The same that the gate asks of a change.
  fileprivate var editsNews: Bool {
    isStaff && grants.contains { $0.permission == .contentWrite && $0.reach == .tenant }
  }
}

extension Transaction {
  /// The audit row and the event of a change.
  fileprivate func record(
    _ event: EventType, _ item: NewsItem?, was before: NewsItem? = nil, by actor: Actor
  ) throws {
    guard let id = (item ?? before)?.id else { return }
    try audit(
      event.name, on: "news/\(id)", by: actor, before: before?.auditFacts ?? [:],
      after: item?.auditFacts ?? [:])
    let isShown = [before, item].contains { $0?.isPublished(at: now) == true }
    try emit(isShown ? event : .newsDraftChanged, on: "news/\(id)")
  }
}

extension NewsItem {
  fileprivate var auditFacts: [String: String] {
    [
      "title": title, "pinned": "\(pinned)",
      "publish_time": publish.map { $0.date.formatted(.iso8601) } ?? "",
    ]
  }
}
