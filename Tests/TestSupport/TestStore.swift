import Bootstrap
import Foundation
import Logging
import Store
import StorePostgres
import Values

/// Stores for tests, empty and migrated.
public enum TestStore {
  /// Both engines, for tests that run on each: `@Test(arguments: TestStore.engines)`.
  public static let engines = Engine.allCases

  /// What a test stands on that does not say: SQLite in memory, or what PORTICO_TEST_ENGINE names. `scripts/test` runs
  /// suites of the services once more with `postgres`.
  public static let engine =
    ProcessInfo.processInfo.environment["PORTICO_TEST_ENGINE"].flatMap(Engine.init(rawValue:))
    ?? .sqlite

  /// Opens a store of its own for one test, gives it to `body` and closes it.
  public static func run<T>(
    on engine: Engine = TestStore.engine, migrations: URL?, clock: any WallClock,
    _ body: (any Store) async throws -> T
  ) async throws -> T {
    let store = try await location(engine).open(
      migrations: migrations, clock: clock,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    do {
      let result = try await body(store)
      await store.close()
      return result
    } catch {
      await store.close()
      throw error
    }
  }

  /// Where a new, empty database of an engine is: for `Stage.start(_:store:)`.
  public static func location(_ engine: Engine) async throws -> StoreLocation {
    switch engine {
    case .sqlite: return .memory
    case .postgres:
      let database = try await PostgresServer.shared.database()
      // Many tests stand on the run's one server at the same time.
      var limits = PostgresStore.Limits()
      limits.connections = 2
      return .postgres(Secret(database.app), owner: Secret(database.owner), limits: limits)
    }
  }
}
