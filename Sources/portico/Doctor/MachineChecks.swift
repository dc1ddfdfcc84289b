import Bootstrap
import Foundation
import HTTP2

/// What the machine gives: libraries, time zones, file descriptors, room on the disk.
struct MachineChecks {
  /// Where rows and files go; those that are not there yet are looked at by the folder that they will be in.
  let folders: [URL]
  var descriptors = Self.descriptorLimit
  var leastFree: Int64 = 64 << 20

  static let fewDescriptors = 1024
  static let enoughDescriptors = 4096

  var findings: [Finding] { [nghttp2, zones, files] + folders.flatMap { [disk($0), access($0)] } }

  private var nghttp2: Finding {
    let text = HTTP2Engine.version
    return HTTP2Engine.isRecentEnough
      ? .fine("nghttp2", "libnghttp2 \(text)")
      : .wrong(
        "nghttp2", "libnghttp2 \(text) is older than 1.52.0",
        remedy: "apt-get install --only-upgrade libnghttp2-14")
  }

  private var zones: Finding {
    TimeZone(identifier: "Europe/Dublin") == nil
      ? .wrong("time-zones", "named time zones are missing", remedy: "apt-get install tzdata")
      : .fine("time-zones", "named time zones")
  }

  private var files: Finding {
    let remedy = "raise it: ulimit -n 65536, or LimitNOFILE=65536 in the unit"
    let text = "\(descriptors) file descriptors may be open"
    if descriptors < Self.fewDescriptors {
      return .wrong("file-descriptors", text, remedy: remedy)
    }
    return descriptors < Self.enoughDescriptors
      ? .doubtful("file-descriptors", text, remedy: remedy) : .fine("file-descriptors", text)
  }

  private func disk(_ folder: URL) -> Finding {
    guard let space = DiskSpace(at: folder) else {
      return .wrong(
        "disk", "\(folder.path) cannot be looked at", remedy: "mount it, or correct the setting")
    }
    let text = "\(space.freeBytes >> 20) MiB free at \(folder.path)"
    if space.freeBytes < leastFree {
      return .wrong("disk", text, remedy: "free room, or move the folder to a larger disk")
    }
    return space.freeBytes < space.totalBytes / 20
      ? .doubtful("disk", text, remedy: "free room before it is full") : .fine("disk", text)
  }

  private func access(_ folder: URL) -> Finding {
    var place = folder
    while !FileManager.default.fileExists(atPath: place.path), place.pathComponents.count > 1 {
      place.deleteLastPathComponent()
    }
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: place.path, isDirectory: &isFolder)
    guard isThere, isFolder.boolValue, FileManager.default.isWritableFile(atPath: place.path) else {
      return .wrong(
        "folders", "\(folder.path) cannot be written",
        remedy: "give it to the user that runs the process, mode 0700")
    }
    return .fine("folders", "\(folder.path) can be written")
  }

  static var descriptorLimit: Int {
    var limit = rlimit()
    #if canImport(Glibc)
      let result = getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit)
    #else
      let result = getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    return result == 0 ? Int(clamping: limit.rlim_cur) : 0
  }
}

/// Who else on the machine may read or change a file.
enum FileMode {
  /// Nil when the file cannot be looked at.
  static func of(_ path: String) -> Int? {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    return Int(facts.st_mode & 0o777)
  }

  static func octal(_ mode: Int) -> String { "0" + String(mode, radix: 8) }
}
