/// The catalogue as people read it.
public enum SettingPage {
  /// docs/settings.md.
  public static var markdown: String {
    var text = """
      # Settings

      Made by `portico settings --markdown` from the declarations in Sources/Bootstrap/Settings; a test fails when it is not current.

      The first that has a value decides: a flag (`--drain-seconds 20`), the environment (`PORTICO_DRAIN_SECONDS=20`), the JSON file that `--config` or `PORTICO_CONFIG` names
      (`{"drain": {"seconds": 20}}`). Dots and dashes become dashes in flags and underscores in the environment; a file is nested at the dots. One file may serve all processes.

      A value that is wrong ends the start with status 64, the setting's name and what is wrong with it; the value itself is not printed, for it may be a secret. So does a flag that the process does
      not read, and in a file a name that no process reads, each with the name that may have been meant. In the environment only what looks like a misspelt setting is refused: others put variables with our
      prefix there too (Kubernetes does for a service called `portico-…`).


      """
    for (title, settings) in sections {
      text += "## \(title)\n\n| setting | value | default | |\n|---|---|---|---|\n"
      for setting in settings { text += row(setting) }
      text += "\n"
    }
    return String(text.dropLast())
  }

  /// What one process reads, for `--help`.
  public static func text(for process: String) -> String {
    let settings = SettingCatalog.all.filter { $0.readers.include(process) }
    let width = settings.map(\.flag.count).max() ?? 0
    return "portico-\(process) is told by flags, PORTICO_… in the environment or --config FILE:\n\n"
      + settings.map { setting in
        let standard = setting.standard.map { " [\($0)]" } ?? ""
        return "  \(setting.flag)\(String(repeating: " ", count: width - setting.flag.count))  "
          + "\(setting.meaning.replacing("`", with: ""))\(standard)\n"
      }.joined()
  }

  private static var sections: [(String, [Setting])] {
    let all = SettingCatalog.all
    func read(by name: String) -> [Setting] {
      all.filter { setting in
        if case .some(let names) = setting.readers { return names.first == name }
        return false
      }
    }
    return [
      ("Every process", all.filter { $0.readers == .every }),
      ("Every service", all.filter { $0.readers == .services }),
    ] + ["gateway", "identity", "ticketing", "messaging"].map { ($0, read(by: $0)) }
  }

  private static func row(_ setting: Setting) -> String {
    var meaning = setting.meaning
    if case .some(let names) = setting.readers, names.count > 1 {
      meaning += " Read by \(names.joined(separator: ", "))."
    }
    return
      "| `\(setting.key)` | \(value(setting.kind)) | \(setting.standard ?? "") | \(meaning) |\n"
  }

  private static func value(_ kind: Setting.Kind) -> String {
    switch kind {
    case .text: "text"
    case .secret: "secret"
    case .list: "list"
    case .flag: "true or false"
    case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
    case .ratio: "0 to 1"
    case .choice(let names): names.joined(separator: ", ")
    }
  }
}
