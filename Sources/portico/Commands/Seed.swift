import ArgumentParser
import Foundation

/// Loads the demo tenant into a data folder that has none, without serving it.
struct Seed: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Load the demo tenant: a provider, four customers and a year of work.",
    discussion: "Everything is made through the public RPCs, on a clock that the demo moves.")

  @Option(help: "Folder for keys, databases and files.") var data = "data"
  @Option(
    help: """
      Where the databases are, {service} for each service's name, as of `portico up`; SQLite in the data folder \
      without it and PORTICO_DATABASE_URL.
      """)
  var database: String?
  @Option(help: "Where portals will be reached; {tenant} stands for the tenant's name.")
  var origin = "http://{tenant}.localhost:8080"
  @Option(help: "How many tickets.") var tickets = 200

  func validate() throws {
    guard (1...5000).contains(tickets) else { throw ValidationError("--tickets must be 1 to 5000") }
  }

  func run() async throws {
    let folder = URL(fileURLWithPath: data, isDirectory: true)
    let databases = try ServiceDatabases.told(database)
    if try await DemoData.isLoaded(in: folder, databases) {
      Console.say("\(data) has the demo tenant already.")
      return
    }
    try await DemoData.load(into: folder, databases, origin: origin, tickets: tickets)
    Console.say(
      "The demo tenant is in \(data). Start it with: portico up --data \(data)"
        + (database.map { " --database '\($0)'" } ?? ""))
  }
}
