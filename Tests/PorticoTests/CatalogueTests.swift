import BillingService
import Bootstrap
import CmsService
import Foundation
import IdentityService
import MessagingService
import StorePostgres
import TestSupport
import Testing
import TicketingService
import Values

@testable import Store

/// A service's schema, as PostgreSQL's catalogue shows it.
struct ServiceSchema: Sendable, CustomTestStringConvertible {
  let name: String
  let migrations: URL
  var testDescription: String { name }

  private init<Service: HostedService>(_ service: Service.Type) {
    (name, migrations) = (Service.name, Service.migrations)
  }

  static let all = [
    ServiceSchema(IdentityService.self), ServiceSchema(TicketingService.self),
    ServiceSchema(MessagingService.self), ServiceSchema(BillingService.self),
    ServiceSchema(CmsService.self),
  ]

  /// The tables of the platform that belong to no tenant: docs/citus.md names them.
  static let withoutTenant: Set<String> = [
    "portico_migrations", "portico_leases", "portico_processes",
  ]
}

/// The second wall, and what a distribution by tenant asks for (docs/citus.md): over every table of every service, so that
/// a new one is held to it without being named here.
@Suite("The catalogue of PostgreSQL", .timeLimit(.minutes(3)))
struct CatalogueTests {
  private static let ours: SQL = "c.relnamespace = current_schema()::regnamespace"

  private func withStore(
    _ schema: ServiceSchema, _ body: (any Store, PostgresServer.Database) async throws -> Void
  ) async throws {
    let database = try await PostgresServer.shared.database()
    try await Migrator(PostgresOwner(database.owner)).migrate(schema.migrations)
    let store = try await PostgresStore.open(database.app)
    do { try await body(store, database) } catch {
      await store.close()
      throw error
    }
    await store.close()
  }

  private func names(_ store: any Store, _ sql: SQL) async throws -> [String] {
    try await store.read(as: TenantID("acme")) { try $0.all(sql).map { try $0["name"] } }
  }

  @Test(
    "D-50 every table has the tenant, a key, and forced row-level security",
    arguments: ServiceSchema.all)
  func tables(_ schema: ServiceSchema) async throws {
    try await withStore(schema) { store, _ in
      let without = try await names(
        store,
        """
        SELECT c.relname::text AS name FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND \(Self.ours)
          AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid
            AND a.attname = 'tenant' AND a.attnotnull AND a.atttypid = 'text'::regtype)
        """)
      #expect(Set(without) == ServiceSchema.withoutTenant)
      let open = try await names(
        store,
        """
        SELECT c.relname::text AS name FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
        WHERE c.relkind IN ('r', 'p') AND \(Self.ours)
          AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity
            OR pg_get_userbyid(c.relowner) = current_user
            OR 2 <> (SELECT COUNT(*) FROM pg_policy p WHERE p.polrelid = c.oid
              AND p.polroles <> ARRAY[c.relowner]))
        """)
      #expect(open == [])
      let keyless = try await names(
        store,
        """
        SELECT c.relname::text AS name FROM pg_class c
        WHERE c.relkind IN ('r', 'p') AND \(Self.ours)
          AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisprimary)
        """)
      #expect(keyless == [])
    }
  }

  @Test(
    "the tenant leads every primary key, unique and foreign key, on both sides",
    arguments: ServiceSchema.all)
  func keys(_ schema: ServiceSchema) async throws {
    try await withStore(schema) { store, _ in
      let unique = try await names(
        store,
        """
        SELECT i.relname::text AS name FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        JOIN pg_class c ON c.oid = x.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant'
        WHERE \(Self.ours) AND x.indisunique AND x.indkey[0] <> a.attnum
        """)
      #expect(unique == [])
      let foreign = try await names(
        store,
        """
        SELECT k.conname::text AS name FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
        WHERE \(Self.ours) AND k.contype = 'f' AND NOT (
          EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.conrelid
            AND a.attname = 'tenant' AND a.attnum = k.conkey[1])
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.confrelid
            AND a.attname = 'tenant' AND a.attnum = k.confkey[1]))
        """)
      #expect(foreign == [])
      // Numbers are counted in rows of the tenant's own: a sequence would be one for all, on one machine.
      let sequences = try await names(
        store,
        "SELECT c.relname::text AS name FROM pg_class c WHERE c.relkind = 'S' AND \(Self.ours)")
      #expect(sequences == [])
    }
  }

  @Test(
    "D-50 of a row in every table its tenant sees its own, nobody else does, and none is written for another",
    arguments: ServiceSchema.all, [false, true])
  func rows(_ schema: ServiceSchema, pooled: Bool) async throws {
    try await withStore(schema) { store, database in
      let tables = try await names(
        store,
        """
        SELECT quote_ident(c.relname) AS name FROM pg_class c JOIN pg_attribute a
          ON a.attrelid = c.oid AND a.attname = 'tenant'
        WHERE c.relkind IN ('r', 'p') AND \(Self.ours) ORDER BY 1
        """)
      #expect(tables.count > 5)
      try await PostgresServer.shared.run(Self.fill, in: database)
      let server = PostgresServer.shared
      let address = pooled ? try await server.pooled(database.app) : database.app
      let other = try await PostgresStore.open(address)
      for table in tables {
        for (tenant, expected) in [("acme", ["acme"]), ("zenith", ["zenith"]), ("", []), ("x", [])]
        {
          let seen = try await tenants(other, as: tenant, in: table)
          #expect(seen == expected, "\(table) as '\(tenant)'")
        }
        for change in [
          "INSERT INTO \(table) (tenant) VALUES ('zenith')",
          "UPDATE \(table) SET tenant = 'zenith'",
        ] {
          let error = await #expect(throws: StoreError.self, "\(change)") {
            try await other.write(as: TenantID("acme")) { try $0.run(SQL(parts: [.text(change)])) }
          }
          guard case .forbidden = error else { throw error ?? .notFound }
        }
      }
      await other.close()
    }
  }

  private func tenants(
    _ store: any Store, as tenant: String, in table: String
  ) async throws -> [String] {
    try await store.read(as: TenantID(tenant)) { db in
      try db.all(SQL(parts: [.text("SELECT tenant FROM \(table)")])).map { try $0["tenant"] }
    }
  }

  /// A row of two tenants in each table, whatever its checks and references say: for the superuser, who is asked nothing.
  private static let fill = """
    DO $$
    DECLARE part record; columns text; filling text;
    BEGIN
      FOR part IN SELECT conrelid::regclass AS place, conname FROM pg_constraint
        WHERE contype IN ('c', 'f') AND connamespace = 'public'::regnamespace AND conrelid <> 0
      LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', part.place, part.conname); END LOOP;
      FOR part IN SELECT c.oid, c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'tenant' AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
      LOOP
        SELECT coalesce(string_agg(', ' || quote_ident(attname), ''), ''),
          coalesce(string_agg(CASE atttypid WHEN 'text'::regtype THEN ', ''x'''
            WHEN 'bigint'::regtype THEN ', 1' WHEN 'boolean'::regtype THEN ', true'
            ELSE ', ''''' END, ''), '') INTO columns, filling
        FROM pg_attribute WHERE attrelid = part.oid AND attnum > 0 AND NOT attisdropped
          AND attnotnull AND attname <> 'tenant' AND attgenerated = '';
        EXECUTE format('INSERT INTO %I (tenant%s) VALUES (''acme''%s), (''zenith''%s)',
          part.relname, columns, filling, filling);
      END LOOP;
    END $$
    """
}
