import ArgumentParser
import Bootstrap
import Foundation
import Values

/// Looks for what would keep an installation from running, or from running safely, and says the remedy.
struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for what would keep Portico from running well, and say the remedy.",
    discussion: """
      portico doctor --data data
      portico doctor --process ticketing --config /etc/portico/portico.json
      portico doctor --process gateway --set peers=identity=10.0.0.7:7601 --json

      Without --process it looks at the data folder of `portico up`. With it, at what that process would be told: by \
      --set, by PORTICO_… in the environment and by the file. It changes nothing. It ends with 0 when nothing is \
      wrong, warnings included, and with 1 when something is.
      """)

  @Option(help: "Folder for keys, databases and files.") var data = "data"
  @Option(help: "A process: gateway, identity, ticketing, messaging, billing or cms.")
  var process: String?
  @Option(help: "Its JSON file of settings.") var config: String?
  @Option(help: "A setting, KEY=VALUE; may be repeated.") var set: [String] = []
  @Flag(help: "One line of JSON.") var json = false

  func validate() throws {
    let known = Installation.services + ["gateway"]
    if let process, !known.contains(process) {
      throw ValidationError("\(process) is no process: \(known.joined(separator: ", "))")
    }
    guard process != nil || (config == nil && set.isEmpty) else {
      throw ValidationError("--config and --set are told to a --process")
    }
    for entry in set where !entry.contains("=") {
      throw ValidationError("\(entry) is not KEY=VALUE")
    }
  }

  func run() async throws {
    let findings = try await findings()
    if json { try sayJSON(findings) } else { findings.forEach(Self.say) }
    if findings.contains(where: { $0.grade == .wrong }) { throw ExitCode(1) }
  }

  private func findings() async throws -> [Finding] {
    guard let process else {
      let folder = URL(fileURLWithPath: data, isDirectory: true)
      return MachineChecks(folders: [folder]).findings + dataKeys(folder)
        + Installation.services.map {
          DatabaseChecks.file(folder.appending(path: "\($0).db").path)
        }
    }
    var arguments = config.map { ["--config", $0] } ?? []
    for entry in set {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      arguments.append("--\(parts[0].replacing(".", with: "-"))=\(parts[1])")
    }
    do {
      let settings = try await Settings(arguments: arguments)
      return await Examination(process: process, settings: settings, clock: SystemClock())
        .findings()
    } catch let error as SettingError {
      return [.wrong("settings", "\(error)", remedy: "see docs/settings.md")]
    }
  }

  /// `portico up` makes the keys with its first start.
  private func dataKeys(_ folder: URL) -> [Finding] {
    let keys = folder.appending(path: "keys")
    guard FileManager.default.fileExists(atPath: keys.path) else {
      return [.fine("keys", "no keys yet; the first start makes them")]
    }
    return KeyChecks(folder: keys, process: nil).findings
  }

  private static func say(_ finding: Finding) {
    let grade = finding.grade.rawValue.padding(toLength: 9, withPad: " ", startingAt: 0)
    Console.say("\(grade)\(finding.text)")
    if let remedy = finding.remedy { Console.say("         \(remedy)") }
  }

  private func sayJSON(_ findings: [Finding]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    Console.say(String(decoding: try encoder.encode(findings), as: UTF8.self))
  }
}
