import Testing

/// Every rule over the project itself.
/// One after the other: each reads all of the project, and what others wait for must not stand still meanwhile.
@Suite(.serialized) struct ProjectTests {
  @Test("Modules import what docs/architecture.md lets them")
  func imports() throws {
    let files = try Project.swift()
    try #require(files.count > 40)
    let findings = files.flatMap(ImportTable.findings)
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }

  @Test(
    "N-09 the gateway has nothing but the services' methods, and no service has another one's code")
  func onlyMethods() throws {
    let files = try Project.swift()
    let own: Set = [
      "Blobs", "Mail", "StoreSQLite", "StorePostgres", "CPostgres", "CSodium", "GRDB",
    ]
    let gateway = files.filter { $0.module == "Gateway" }
    let services = files.filter { $0.module.hasSuffix("Service") }
    try #require(gateway.count > 100 && services.count > 100)
    for file in gateway + services {
      let isGateway = file.module == "Gateway"
      for line in ImportTable.imports(of: file) where line.module != file.module {
        let isForeign =
          line.module.hasSuffix("Service") || (isGateway && own.contains(line.module))
        #expect(!isForeign, "\(file.path):\(line.line) imports \(line.module)")
      }
    }
  }

  @Test(
    "X-18 nothing fetches an address that somebody typed: mail alone reaches libcurl, by its settings"
  )
  func outgoing() throws {
    let clients: Set = ["CCurl", "FoundationNetworking", "AsyncHTTPClient"]
    let reaching = try Project.swift().filter { file in
      ImportTable.imports(of: file).contains { clients.contains($0.module) }
        || file.source.lines.contains { $0.text.contains("URLSession") }
    }
    #expect(Set(reaching.map(\.module)) == ["Mail"])
  }

  @Test("N-07 no service asks the system what time it is: each has the clock that it was given")
  func clocks() throws {
    let services = try Project.written().filter { $0.path.hasPrefix("services/") }
    let systems = ["SystemClock()", "Date()", "Date.now", "Date(timeIntervalSinceNow", "time(nil)"]
    let asking = services.flatMap { file in
      // The default of a parameter is what somebody else can give.
      file.source.lines.filter { line in
        systems.contains { line.text.contains($0) } && !line.text.contains("WallClock = System")
      }
      .map { "\(file.path):\($0.number): \($0.text)" }
    }
    #expect(asking.isEmpty, "\(asking.joined(separator: "\n"))")
  }

  @Test("In a service, the suffix of a file fixes what it imports")
  func rooms() throws {
    let findings = try Project.written().flatMap(Room.findings)
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }

  @Test("No module of the table is without files")
  func tableIsCurrent() throws {
    let present = Set(try Project.swift().map(\.module))
    let absent = ImportTable.modules.filter { $0.tier != .c && !present.contains($0.name) }
    #expect(absent.isEmpty, "\(absent.map(\.name))")
  }

  @Test("What is never written is not there", arguments: CodeRule.allCases)
  func codeRules(rule: CodeRule) throws {
    let findings = try Project.written().flatMap(rule.findings).filter { finding in
      !Exception.all.contains {
        $0.rule == rule && $0.path == finding.path && finding.text.contains($0.text)
      }
    }
    let report = findings.map { "\($0.path):\($0.line): \($0.text)" }.joined(separator: "\n")
    #expect(findings.isEmpty, "\(report)")
  }

  @Test("Every exception still excuses something")
  func exceptions() throws {
    let findings = try Project.written().flatMap { file in
      CodeRule.allCases.flatMap { $0.findings(in: file) }
    }
    let idle = Exception.all.filter { exception in
      !findings.contains {
        $0.rule == exception.rule && $0.path == exception.path && $0.text.contains(exception.text)
      }
    }
    #expect(idle.isEmpty, "\(idle)")
  }

  @Test("No file is over 400 lines")
  func fileLength() throws {
    let tests = try Project.files("swift", below: ["Tests", "Benchmarks/Sources"])
    let long = try (Project.written() + tests).compactMap { file in
      let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
      return lines > 400 ? "\(file.path): \(lines) lines" : nil
    }
    #expect(long.isEmpty, "\(long)")
  }

  @Test("SQL text stands in the stores and nowhere else")
  func sqlHomes() throws {
    let findings = try Project.written().flatMap(SQLText.findings)
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }

  /// The tables of all migrations and of the schemas that stand in Swift.
  func tables() throws -> [(path: String, table: Table)] {
    try (Project.files("sql") + Project.written()).flatMap { file in
      let isSQL = file.name.hasSuffix(".sql")
      let texts = isSQL ? [file.text] : file.source.literals.map(\.text)
      return texts.flatMap(Table.created).map { (file.path, $0) }
    }
  }

  @Test("Every table has the tenant column, and its key begins with it")
  func tenantColumn() throws {
    let findings = try tables().filter { Tables.withoutTenant[$0.table.name] == nil }
      .compactMap { path, table in table.finding.map { "\(path): \(table.name) \($0)" } }
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
  }

  @Test("Every table that may be without a tenant exists, and is without one")
  func tenantExceptions() throws {
    let without = try Set(tables().filter { $0.table.finding != nil }.map(\.table.name))
    #expect(Set(Tables.withoutTenant.keys).subtracting(without) == [])
  }
}
