import Testing

/// Every rule over a planted violation: a rule that cannot find one proves nothing.
@Suite struct RuleTests {
  func file(_ path: String, _ text: String) -> SourceFile { SourceFile(path: path, text: text) }

  @Test(
    "The import table refuses",
    arguments: [
      ("Sources/Values/A.swift", "import Store", "Values may not import Store"),
      ("Sources/HTTP2/A.swift", "import RPC", "HTTP2 may not import RPC"),
      (
        "Sources/Store/A.swift", "  @preconcurrency public import GRDB", "Store may not import GRDB"
      ),
      ("Sources/Mail/A.swift", "import struct Blobs.Blob", "Mail may not import Blobs"),
      ("services/billing/A.swift", "import CmsService", "BillingService may not import CmsService"),
      ("services/gateway/A/B.swift", "import CmsService", "Gateway may not import CmsService"),
      ("services/cms/Main/main.swift", "import GRDB", "portico-cms may not import GRDB"),
      ("Sources/Elsewhere/A.swift", "", "the module Elsewhere is not in ImportTable"),
    ])
  func refusedImports(path: String, text: String, finding: String) throws {
    let findings = ImportTable.findings(in: file(path, text))
    try #require(findings.count == 1)
    #expect(findings[0].contains(finding))
  }

  @Test(
    "The import table allows",
    arguments: [
      ("Sources/RPC/A.swift", "import HTTP2\nimport NIOCore\nimport Foundation"),
      ("Sources/Handling/A.swift", "import Access"),
      ("services/cms/Main/main.swift", "import CmsService\nimport Bootstrap"),
      ("Sources/Values/A.swift", "// import Store\nlet text = \"import Store\""),
    ])
  func allowedImports(path: String, text: String) {
    #expect(ImportTable.findings(in: file(path, text)) == [])
  }

  @Test(
    "A room refuses",
    arguments: [
      ("services/ticketing/Tickets/Ticket.swift", "Store"),
      ("services/ticketing/Tickets/Ticket.swift", "PorticoAPI"),
      ("services/ticketing/Tickets/TicketStore.swift", "RPC"),
      ("services/billing/Invoices/InvoiceHandlers.swift", "Blobs"),
      ("services/billing/Invoices/InvoiceHandlers.swift", "Bootstrap"),
    ])
  func refusedInRoom(path: String, module: String) throws {
    let findings = Room.findings(in: file(path, "import Foundation\nimport \(module)"))
    try #require(findings.count == 1)
    #expect(findings[0].contains("\(path):2"))
  }

  @Test(
    "A room allows",
    arguments: [
      ("services/ticketing/Tickets/Ticket.swift", "Values"),
      ("services/ticketing/Tickets/TicketStore.swift", "Store"),
      ("services/ticketing/Attachments/AttachmentHandlers.swift", "Blobs"),
      ("services/ticketing/TicketingService.swift", "Bootstrap"),
      ("services/gateway/Pages/Store.swift", "PorticoAPI"),
    ])
  func allowedInRoom(path: String, module: String) {
    #expect(Room.findings(in: file(path, "import \(module)")) == [])
  }

  @Test(
    "A code rule finds",
    arguments: [
      (CodeRule.swallowedError, "let a = try? b()"),
      (.trap, "guard a else { fatalError(\"no\") }"),
      (.trap, "default: preconditionFailure()"),
      (.forceUnwrap, "let a = b!.c"), (.forceUnwrap, "let a = try! b()"),
      (.forceUnwrap, "let a = b as! C"), (.forceUnwrap, "var a: Int!"),
      (.forceUnwrap, "let a = \"\\(b!)\""), (.forceUnwrap, "f(a[0]!, b)"),
      (.emptyName, "final class StoreManager {}"), (.emptyName, "enum DateUtils {"),
    ])
  func broken(rule: CodeRule, text: String) {
    #expect(rule.findings(in: file("Sources/Values/A.swift", text)).count == 1)
  }

  @Test(
    "A code rule lets stand",
    arguments: [
      (CodeRule.swallowedError, "// try? is not used\nlet a = \"try? b\""),
      (.trap, "let a = fatalErrors(1)"),
      (.forceUnwrap, "if a != b, !c, !(d) { e(!f) }"),
      (.forceUnwrap, "let a = \"Done! \\(b) #1!\" /* c! */"),
      (.forceUnwrap, "let a = #\"raw \" b! \\(c)\"#"),
      (.forceUnwrap, "let a = \"\"\"\n  Hello!\n  \"quoted!\"\n  \"\"\""),
      (.emptyName, "struct Database {}"), (.emptyName, "struct Manager1 {}"),
      (
        .longFunction,
        "func f()\nfunc g()\n" + String(repeating: "\n", count: 99) + "var a: Int {1}"
      ),
    ])
  func sound(rule: CodeRule, text: String) {
    #expect(rule.findings(in: file("Sources/Values/A.swift", text)).isEmpty)
  }

  @Test("A function is measured between its braces, a requirement has no body")
  func functionLength() {
    func overlong(_ text: String) -> [Int] {
      CodeRule.longFunction.findings(in: file("Sources/Values/A.swift", text)).map(\.line)
    }
    let body = String(repeating: "a()\n", count: 60)
    #expect(overlong("func f() {\n\(body)}") == [])
    #expect(overlong("struct A {\nfunc f(b: () -> Void = {}) {\nb()\n\(body)}\n}") == [2])
    #expect(overlong("init(\n  a: Int\n) {\n// why\n\(body)}") == [1])
    #expect(overlong("self.init(a) {\nb()\n\(body)}") == [])
    #expect(overlong("func f()\nfunc g()\n\(body)var a: Int {\n\(body)1}") == [])
  }

  @Test("A file with an empty name is found")
  func emptyFileName() {
    #expect(
      CodeRule.emptyName.findings(in: file("Sources/Values/StringHelpers.swift", "")).count == 1)
  }

  @Test("SQL text is found outside stores, prose and store files are not")
  func sqlText() {
    let query = "let a = \"SELECT a\\n  FROM b WHERE c = \\(d)\""
    #expect(SQLText.findings(in: file("services/cms/News/NewsHandlers.swift", query)).count == 1)
    #expect(SQLText.findings(in: file("Sources/Access/Gate.swift", query)).count == 1)
    #expect(SQLText.findings(in: file("services/cms/News/NewsStore.swift", query)) == [])
    #expect(SQLText.findings(in: file("Sources/Store/Outbox.swift", query)) == [])
    let prose = "let a = \"Select one from the list\"  // SELECT a FROM b"
    #expect(SQLText.findings(in: file("services/cms/News/News.swift", prose)) == [])
  }

  @Test(
    "A table without a leading tenant is found",
    arguments: [
      ("CREATE TABLE a (id TEXT PRIMARY KEY, tenants TEXT)", "has no tenant column"),
      ("CREATE TABLE a (\n  id TEXT, -- , tenant\n  b TEXT\n)", "has no tenant column"),
      (
        "CREATE TABLE IF NOT EXISTS a (\n  tenant TEXT NOT NULL,\n  PRIMARY KEY (id, tenant)\n);",
        "has a primary key that does not begin with tenant"
      ),
    ])
  func tables(sql: String, finding: String) {
    #expect(Table.created(in: sql).map(\.finding) == [finding])
  }

  @Test("Tables with a leading tenant pass, and each table of a file is seen")
  func soundTables() {
    let sql = """
      CREATE TABLE a (tenant TEXT NOT NULL, id TEXT NOT NULL CHECK (length(id) > 0),
        PRIMARY KEY (tenant, id));
      CREATE TABLE b (
        tenant TEXT PRIMARY KEY
      );
      CREATE VIRTUAL TABLE c USING fts5(tenant UNINDEXED, text);
      """
    let tables = Table.created(in: sql)
    #expect(tables.map(\.name) == ["a", "b", "c"])
    #expect(tables.allSatisfy { $0.finding == nil })
  }
}
