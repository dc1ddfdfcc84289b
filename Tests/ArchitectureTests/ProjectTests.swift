import Testing

/// Every rule over the project itself.
@Suite struct ProjectTests {
  @Test("Modules import what docs/architecture.md lets them")
  func imports() throws {
    let files = try Project.swift()
    try #require(files.count > 40)
    let findings = files.flatMap(ImportTable.findings)
    #expect(findings.isEmpty, "\(findings.joined(separator: "\n"))")
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
