import ArgumentParser
import Bootstrap

/// Lists what every process can be told.
struct SettingsPage: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "settings", abstract: "List every setting of every process.",
    discussion:
      "What a process is really told is its flags, PORTICO_… in its environment, and its file.")

  @Flag(help: "As docs/settings.md has it.") var markdown = false
  @Option(help: "Of one process only.") var process: String?

  func run() {
    if markdown {
      Console.write(SettingPage.markdown)
    } else {
      for name in process.map({ [$0] }) ?? Installation.services + ["gateway"] {
        Console.say(SettingPage.text(for: name))
      }
    }
  }
}
