import BillingService
import Bootstrap
import CmsService
import Foundation
import IdentityService
import MessagingService
import PorticoAPI
import Store
import Testing
import TicketingService

@Suite("Event types")
struct EventTypeTests {
  private static let services: [(name: String, types: [EventType])] = [
    (IdentityService.name, IdentityService.eventTypes),
    (TicketingService.name, TicketingService.eventTypes),
    (MessagingService.name, MessagingService.eventTypes),
    (BillingService.name, BillingService.eventTypes),
    (CmsService.name, CmsService.eventTypes),
  ]

  private static func root() -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
  }

  @Test("N-05 each service's README lists its event types and who is told of them")
  func documented() throws {
    for service in Self.services {
      let path = "services/\(service.name)/README.md"
      let text = try String(contentsOf: Self.root().appending(path: path), encoding: .utf8)
      let section = try #require(text.split(separator: "## Events\n").last)
      let rows = section.matches(of: /\| `([a-z_.]+)` \| ([^|]+) \|/).map {
        "\($0.1): \($0.2)"
      }
      #expect(rows == service.types.map { "\($0.name): \(Self.readers(of: $0))" }, "\(path)")
    }
  }

  @Test("N-05 every type that is declared is in the list that WatchEvents goes by")
  func listed() throws {
    for service in Self.services {
      let name = service.name.prefix(1).uppercased() + service.name.dropFirst()
      let path = "services/\(service.name)/\(name)Events.swift"
      let text = try String(contentsOf: Self.root().appending(path: path), encoding: .utf8)
      let declared = text.matches(of: /EventType(?:\.\w+)?\(\s*"([a-z_.]+)"/).map { String($0.1) }
      #expect(declared == service.types.map(\.name), "\(path)")
      #expect(Set(declared).count == declared.count)
    }
  }

  @Test("N-05 permissions of event types are those of the contract")
  func permissions() throws {
    for type in Self.services.flatMap(\.types) {
      guard let permission = type.permission, !permission.isEmpty else { continue }
      #expect(
        Methods.all.contains { $0.access.callers == .permission(.init(permission)) }, "\(type)")
    }
  }

  private static func readers(of type: EventType) -> String {
    switch (type.permission, type.isForStaff) {
    case (nil, _): "everybody, or the user it is about"
    case (""?, _): "services only"
    case (let permission?, false): "who has \(permission) there"
    case (let permission?, true): "staff with \(permission)"
    }
  }
}
