import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import TestSupport
import Testing
import Values
import WellKnown

@testable import CmsService

private let reader = TestPrincipal.customer()
private let editor = TestPrincipal.staff(.contentEditor, displayName: "Edna Editor")
private let technician = TestPrincipal.staff()

/// The service on a stage, and what a test does there again and again.
private struct Newsroom {
  let stage: Stage
  let store: any Store

  static func run(
    on engine: Engine = .sqlite, _ body: (Newsroom) async throws -> Void
  ) async throws {
    let location = try await TestStore.location(engine)
    try await Stage.run { stage in
      let host = try await stage.start(CmsService.self, store: location)
      try await body(Newsroom(stage: stage, store: try #require(await host.store)))
    }
  }

  func client(_ principal: Principal) -> NewsClient {
    NewsClient(stage.caller("cms", as: principal))
  }

  /// - Parameter publish: seconds from now; nil for a draft.
  @discardableResult
  func write(
    _ id: String, publish: Int? = 0, pinned: Bool = false, requestID: String = ""
  ) async throws -> Cms.NewsItem {
    try await client(editor).createNewsItem(
      .init(
        newsID: id,
        newsItem: .init(
          title: "Title of \(id)", summary: "Summary", body: "Body",
          publishTime: publish.map { .init(stage.clock.now + .seconds($0)) }, pinned: pinned),
        requestID: requestID))
  }

  func ids(
    _ principal: Principal, _ request: Cms.ListNewsRequest = .init()
  ) async throws -> [String] {
    try await client(principal).listNews(request).news.map { String($0.name.dropFirst(5)) }
  }
}

private func failure<T>(_ body: () async throws -> T) async throws -> Status {
  do {
    _ = try await body()
  } catch let status as Status {
    return status
  }
  throw Succeeded()
}

private struct Succeeded: Error {}

@Suite("News")
struct NewsTests {
  @Test(
    "S-081 S-225 readers see what is published, from its time on", arguments: TestStore.engines)
  func publishing(_ engine: Engine) async throws {
    try await Newsroom.run(on: engine) { room in
      try await room.write("draft", publish: nil)
      try await room.write("soon", publish: 60)
      try await room.write("now")
      for person in [reader, technician] {
        #expect(try await room.ids(person) == ["now"])
        for id in ["draft", "soon"] {
          let hidden = try await failure {
            try await room.client(person).getNewsItem(.init(name: "news/\(id)"))
          }
          let absent = try await failure {
            try await room.client(person).getNewsItem(.init(name: "news/none"))
          }
          #expect(hidden.code == .notFound)
          #expect(hidden.message == absent.message)
        }
      }
      #expect(try await room.ids(editor) == ["now"])
      #expect(
        try await room.ids(editor, .init(includeUnpublished: true)) == ["draft", "soon", "now"])
      #expect(
        try await room.client(editor).getNewsItem(.init(name: "news/draft")).publishTime == nil)
      room.stage.clock.advance(by: .seconds(59))
      #expect(try await room.ids(reader) == ["now"])
      room.stage.clock.advance(by: .seconds(1))
      #expect(try await room.ids(reader) == ["soon", "now"])
    }
  }

  @Test("D-60 pinned first, then the latest, across pages", arguments: TestStore.engines)
  func order(_ engine: Engine) async throws {
    try await Newsroom.run(on: engine) { room in
      for (id, age, pinned) in [
        ("a", 50, false), ("b", 40, true), ("c", 30, false), ("d", 20, true), ("e", 10, false),
        ("f", 10, false),
      ] {
        try await room.write(id, publish: -age, pinned: pinned)
      }
      var found: [String] = []
      var token = ""
      repeat {
        let page = try await room.client(reader).listNews(.init(pageSize: 2, pageToken: token))
        found += page.news.map { String($0.name.dropFirst(5)) }
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(found == ["d", "b", "f", "e", "c", "a"])
      let first = try await room.client(editor).listNews(.init(pageSize: 2))
      let foreign = try await failure {
        try await room.client(editor).listNews(
          .init(pageToken: first.nextPageToken, includeUnpublished: true))
      }
      #expect(foreign.violations.map(\.field) == ["page_token"])
    }
  }

  @Test("S-041 N-01 only those who write news see drafts and change anything")
  func permissions() async throws {
    try await Newsroom.run { room in
      let item = try await room.write("item")
      for person in [reader, technician] {
        let client = room.client(person)
        let refusals = [
          try await failure { try await client.listNews(.init(includeUnpublished: true)) },
          try await failure { try await client.createNewsItem(.init(newsItem: item)) },
          try await failure { try await client.updateNewsItem(.init(newsItem: item)) },
          try await failure { try await client.deleteNewsItem(.init(name: item.name)) },
        ]
        #expect(refusals.map(\.code) == Array(repeating: .permissionDenied, count: 4))
      }
      let nobody = NewsClient(room.stage.caller("cms"))
      #expect(try await failure { try await nobody.listNews(.init()) }.code == .unauthenticated)
    }
  }

  @Test(
    "X-11 a customer whose role was given CONTENT_WRITE by hand reaches no draft, and no tenant another's"
  )
  func scope() async throws {
    try await Newsroom.run { room in
      let item = try await room.write("item")
      try await room.write("draft", publish: nil)
      var customer = reader
      customer.memberships[0].grants.append(Grant(.contentWrite, .tenant))
      let elsewhere = TestPrincipal.staff(.contentEditor, tenant: TenantID("southwind"))
      for person in [customer, elsewhere] {
        let client = room.client(person)
        let refusals = [
          try await failure { try await client.getNewsItem(.init(name: "news/draft")) },
          try await failure {
            try await client.updateNewsItem(.init(newsItem: .init(name: item.name, title: "Mine")))
          },
          try await failure { try await client.deleteNewsItem(.init(name: item.name)) },
        ]
        #expect(refusals.map(\.code) == Array(repeating: .notFound, count: 3))
      }
      let created = try await failure {
        try await room.client(customer).createNewsItem(.init(newsItem: .init(title: "Mine")))
      }
      #expect(created.code == .notFound)
      #expect(try await room.ids(elsewhere, .init(includeUnpublished: true)).isEmpty)
      #expect(try await room.client(reader).getNewsItem(.init(name: item.name)) == item)
    }
  }

  @Test(
    "D-60 X-12 an update changes the fields of its mask, under the version that was read",
    arguments: TestStore.engines)
  func updates(_ engine: Engine) async throws {
    try await Newsroom.run(on: engine) { room in
      let item = try await room.write("item")
      let client = room.client(editor)
      room.stage.clock.advance(by: .seconds(5))
      var change = item
      change.title = "New title"
      change.summary = "Not to be taken"
      change.authorDisplayName = "Somebody else"
      let changed = try await client.updateNewsItem(
        .init(newsItem: change, updateMask: .init(paths: ["title"])))
      #expect(changed.title == "New title")
      #expect(changed.summary == "Summary")
      #expect(changed.authorDisplayName == "Edna Editor")
      #expect(changed.etag != item.etag)
      #expect(changed.updateTime == .init(room.stage.clock.now))
      #expect(changed.createTime == item.createTime)

      let stale = try await failure { try await client.updateNewsItem(.init(newsItem: change)) }
      #expect(stale.code == .aborted)
      let deleting = try await failure {
        try await client.deleteNewsItem(.init(name: item.name, etag: item.etag))
      }
      #expect(deleting.code == .aborted)

      // Taking the time away makes a draft of it again.
      let draft = try await client.updateNewsItem(
        .init(
          newsItem: .init(name: item.name, etag: changed.etag),
          updateMask: .init(paths: ["publish_time"])))
      #expect(draft.publishTime == nil)
      #expect(try await room.ids(reader).isEmpty)
      for path in ["name", "author_display_name", "etag", "create_time"] {
        let refused = try await failure {
          try await client.updateNewsItem(
            .init(newsItem: draft, updateMask: .init(paths: [path])))
        }
        #expect(refused.violations.map(\.field) == ["update_mask"])
      }
      _ = try await client.deleteNewsItem(.init(name: item.name, etag: draft.etag))
      #expect(
        try await failure { try await client.getNewsItem(.init(name: item.name)) }.code
          == .notFound)
    }
  }

  @Test("D-58 what is missing or too long is named by field; an id is taken once")
  func validation() async throws {
    try await Newsroom.run { room in
      func fields(_ item: Cms.NewsItem, id: String = "") async throws -> [String] {
        let status = try await failure {
          try await room.client(editor).createNewsItem(.init(newsID: id, newsItem: item))
        }
        #expect(status.code == .invalidArgument)
        return status.violations.map(\.field)
      }
      func long(_ count: Int) -> String { String(repeating: "x", count: count) }
      #expect(try await fields(.init(title: " ")) == ["news_item.title"])
      #expect(try await fields(.init(title: long(201))) == ["news_item.title"])
      #expect(
        try await fields(.init(title: "a\nb", summary: long(501), body: long(50_001)))
          == ["news_item.title", "news_item.summary", "news_item.body"])
      #expect(
        try await fields(.init(title: "a", publishTime: .init(seconds: 0, nanos: -1)))
          == ["news_item.publish_time"])
      for id in ["Big", "-a", "a/b", long(64)] {
        #expect(try await fields(.init(title: "a"), id: id) == ["news_id"])
      }
      try await room.write("item")
      let taken = try await failure { try await room.write("item") }
      #expect(taken.code == .alreadyExists)
      let chosen = try await room.client(editor).createNewsItem(
        .init(newsItem: .init(title: "Without an id")))
      #expect(SortableID(chosen.name.dropFirst(5)) != nil)
      #expect(chosen.publishTime == nil)
    }
  }

  @Test("D-14 a repeated request makes one item, with one trace of it")
  func repetition() async throws {
    try await Newsroom.run { room in
      let first = try await room.write("item", requestID: "r1")
      #expect(try await room.write("item", requestID: "r1") == first)
      _ = try await room.client(editor).updateNewsItem(
        .init(newsItem: .init(name: first.name, pinned: true)))
      _ = try await room.client(editor).deleteNewsItem(.init(name: first.name))
      let (records, events) = try await room.store.read(as: TestPrincipal.tenant) { db in
        (try db.auditRecords(limit: 10), try db.events(limit: 10))
      }
      #expect(records.map(\.action) == ["news.created", "news.updated", "news.deleted"])
      #expect(records.allSatisfy { $0.actor.name == editor.user && $0.resource == first.name })
      #expect(records[1].before.contains("\"pinned\":\"false\""))
      #expect(records[1].after.contains("\"pinned\":\"true\""))
      #expect(events.map(\.type) == records.map(\.action))
      #expect(events.allSatisfy { $0.resource == first.name })
    }
  }
}
