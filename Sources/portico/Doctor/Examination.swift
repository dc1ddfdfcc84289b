import Bootstrap
import Foundation
import Values

/// What the doctor is told of the process that it looks at: its settings, read as the process itself would.
struct Examination: Sendable {
  /// `ticketing`, `gateway`.
  let process: String
  let settings: Settings
  let clock: any WallClock

  /// Everything, in the order in which it matters.
  func findings() async -> [Finding] {
    guard let names = refused() else {
      let machine = MachineChecks(folders: folders).findings
      let checks: [Finding] =
        machine + KeyChecks(folder: keysFolder, process: process).findings
        + CertificateChecks(self).findings + WeakSettingChecks(self).findings
      return checks + (await PeerChecks(self).findings())
        + (await DatabaseChecks(self).findings()) + (await MailChecks(self).findings())
    }
    return [names]
  }

  /// A setting that is wrong makes everything else guesswork.
  private func refused() -> Finding? {
    do {
      try settings.refuseUnknown(for: process)
      return nil
    } catch {
      return .wrong("settings", "\(error)", remedy: "see docs/settings.md")
    }
  }

  var isService: Bool { process != "gateway" }

  /// What a setting says; nil where it says nothing or something wrong, which another check tells.
  func text(_ key: String) -> String? {
    do { return try settings.string(key) } catch { return nil }
  }

  var keysFolder: URL { URL(fileURLWithPath: text("keys.folder") ?? "data/keys") }

  private var folders: [URL] {
    guard isService else { return [] }
    var folders = [URL(fileURLWithPath: text("blobs.folder") ?? "data/blobs")]
    if let address = text("database.url"), address.hasPrefix("sqlite:"),
      address != "sqlite::memory:"
    {
      let path = String(address.dropFirst("sqlite:".count))
      folders.append(URL(fileURLWithPath: path).deletingLastPathComponent())
    }
    return folders
  }
}
