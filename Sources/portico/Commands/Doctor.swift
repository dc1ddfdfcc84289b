import ArgumentParser
import Foundation
import HTTP2
import Values

/// Looks for what would keep an installation from running, and says the remedy.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for what would keep Portico from running here, and say the remedy.")

  @Option(help: "Folder for keys, databases and files.") var data = "data"

  private enum Finding {
    case fine(String)
    case wrong(String, remedy: String)
  }

  func run() throws {
    let findings = [nghttp2, folder, keys, zones]
    var failed = 0
    for finding in findings {
      switch finding {
      case .fine(let text): Console.say("ok     \(text)")
      case .wrong(let text, let remedy):
        failed += 1
        Console.say("wrong  \(text)\n       \(remedy)")
      }
    }
    if failed > 0 { throw ExitCode(1) }
  }

  private var nghttp2: Finding {
    let text = HTTP2Engine.version
    return HTTP2Engine.isRecentEnough
      ? .fine("libnghttp2 \(text)")
      : .wrong(
        "libnghttp2 \(text) is older than 1.52.0",
        remedy: "apt-get install --only-upgrade libnghttp2-14")
  }

  private var folder: Finding {
    let files = FileManager.default
    var isFolder: ObjCBool = false
    guard files.fileExists(atPath: data, isDirectory: &isFolder) else {
      return .fine("\(data) is not there yet and will be made")
    }
    return isFolder.boolValue && files.isWritableFile(atPath: data)
      ? .fine("\(data) can be written")
      : .wrong("\(data) cannot be written", remedy: "give it to the user that runs Portico")
  }

  private var keys: Finding {
    let folder = URL(fileURLWithPath: data, isDirectory: true)
    guard FileManager.default.fileExists(atPath: folder.appending(path: "keys").path) else {
      return .fine("no keys yet; the first start makes them")
    }
    do {
      let keys = try Installation.keys(in: folder)
      return .fine("\(keys.publicKeys.count) key pairs")
    } catch {
      return .wrong(
        "the keys cannot be used: \(error)", remedy: "restore \(data)/keys from a backup")
    }
  }

  private var zones: Finding {
    TimeZone(identifier: "Europe/Dublin") == nil
      ? .wrong("named time zones are missing", remedy: "apt-get install tzdata")
      : .fine("named time zones")
  }
}
