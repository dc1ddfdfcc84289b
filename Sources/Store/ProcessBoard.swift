import Values

/// What the processes of a service tell of themselves, in the database that they share: whoever is asked knows all of them.
extension AcrossTenants {
  /// Writes what a process tells of itself now, and forgets those that have been silent for an hour.
  public func post(_ report: [UInt8], ofProcess id: String) throws(StoreError) {
    try run(
      """
      INSERT INTO portico_processes (id, seen_at, report) VALUES (\(id), \(now), \(report))
      ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, report = excluded.report
      """)
    try run("DELETE FROM portico_processes WHERE seen_at < \(now - .hours(1))")
  }

  /// A process that ends takes its report with it.
  public func withdrawReport(ofProcess id: String) throws(StoreError) {
    try run("DELETE FROM portico_processes WHERE id = \(id)")
  }

  /// What those told that were heard of after an instant.
  public func processReports(since limit: Instant) throws(StoreError) -> [[UInt8]] {
    var reports: [[UInt8]] = []
    for row in try all(
      "SELECT report FROM portico_processes WHERE seen_at >= \(limit) ORDER BY id LIMIT 1000")
    {
      reports.append(try row.read("report"))
    }
    return reports
  }
}
