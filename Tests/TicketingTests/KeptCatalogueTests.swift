import Store
import TestSupport
import Testing
import Values

@testable import TicketingService

@Suite("The catalogue that is kept")
struct KeptCatalogueTests {
  private static let renames: [@Sendable (Transaction) throws -> Void] = [
    { try $0.save("high", as: "Urgent", isDefault: false) },
    { try $0.save("low", as: "low", isDefault: true) },
    { try CatalogEntryStore($0).insert(.priority("mid", "Medium", isDefault: true)) },
  ]

  @Test(
    "every change by whomever is there at the next reading, and of another tenant nothing",
    arguments: TestStore.engines)
  func fresh(engine: Engine) async throws {
    try await Desk.run(on: engine) { desk in
      try await desk.priorities()
      let store = try #require(await desk.host.store)
      let keeper = KeptCatalogueStore()
      func kept(_ tenant: TenantID = TestPrincipal.tenant) async throws -> [CatalogEntry] {
        try await store.read(as: tenant) { try keeper.catalogue($0).entries }
      }
      func stored() async throws -> [CatalogEntry] {
        try await desk.rows { try CatalogEntryStore($0).catalogue().entries }
      }
      var seen = try await [kept()]
      #expect(seen.last?.isEmpty == false)
      for change in Self.renames {
        try await store.write(as: TestPrincipal.tenant, change)
        seen.append(try await kept())
        #expect(try await seen.last == stored())
      }
      #expect(Set(seen).count == seen.count)
      #expect(try await kept(Desk.rival) == [])
      #expect(try await kept() == seen.last)
    }
  }
}

extension Transaction {
  fileprivate func save(_ id: String, as name: String, isDefault: Bool) throws {
    let entries = CatalogEntryStore(self)
    var entry = try #require(try entries.catalogue()[id])
    (entry.displayName, entry.isDefault) = (name, isDefault)
    _ = try entries.save(entry)
  }
}

extension CatalogEntry {
  fileprivate static func priority(
    _ id: String, _ name: String, isDefault: Bool
  ) -> CatalogEntry {
    CatalogEntry(
      id: id, kind: .priority, displayName: name, rank: 3, isDefault: isDefault, retired: false,
      version: 1)
  }
}
