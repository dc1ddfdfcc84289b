import Foundation

/// What the kernel says of this process, read from /proc. Zero where there is no /proc.
public struct ProcessFigures: Sendable {
  public var residentBytes = 0
  public var virtualBytes = 0
  public var threads = 0
  public var cpuSeconds = 0.0
  /// Since 1970.
  public var startSeconds = 0.0
  public var openFiles = 0
  public var mostFiles = 0

  /// As it is now.
  public init() {
    readStat()
    openFiles = Self.entries(of: "/proc/self/fd")
    var limit = rlimit()
    #if canImport(Glibc)
      let result = getrlimit(.init(RLIMIT_NOFILE.rawValue), &limit)
    #else
      let result = getrlimit(RLIMIT_NOFILE, &limit)
    #endif
    if result == 0 { mostFiles = Int(clamping: limit.rlim_cur) }
  }

  private mutating func readStat() {
    // The name stands in parentheses and may hold anything: what follows its end is counted from field 3.
    let stat = Self.text("/proc/self/stat")
    guard let end = stat.lastIndex(of: ")") else { return }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    func field(_ number: Int) -> Double {
      fields.indices.contains(number - 3) ? Double(fields[number - 3]) ?? 0 : 0
    }
    let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
    guard ticks > 0 else { return }
    cpuSeconds = (field(14) + field(15)) / ticks
    threads = Int(field(20))
    virtualBytes = Int(field(23))
    residentBytes = Int(field(24)) * Int(sysconf(Int32(_SC_PAGESIZE)))
    let boot = Self.text("/proc/stat").split(separator: "\n").first { $0.hasPrefix("btime ") }
    let booted = boot.flatMap { Double($0.dropFirst("btime ".count)) } ?? 0
    startSeconds = booted + field(22) / ticks
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "r") else { return "" }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = fread(&buffer, 1, buffer.count, file)
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  private static func entries(of folder: String) -> Int {
    guard let handle = opendir(folder) else { return 0 }
    defer { closedir(handle) }
    var count = 0
    while readdir(handle) != nil { count += 1 }
    // Without `.`, `..` and the descriptor of the folder itself.
    return max(0, count - 3)
  }

  /// By the names that Prometheus's own libraries use.
  public var families: [MetricFamily] {
    [
      .gauge("process_resident_memory_bytes", Double(residentBytes), help: "Memory in RAM."),
      .gauge("process_virtual_memory_bytes", Double(virtualBytes), help: "Address space."),
      .gauge("process_open_fds", Double(openFiles), help: "Open file descriptors."),
      .gauge("process_max_fds", Double(mostFiles), help: "File descriptors that may be open."),
      .gauge("process_threads", Double(threads), help: "Threads."),
      .gauge("process_start_time_seconds", startSeconds, help: "Start, since 1970."),
      MetricFamily(
        "process_cpu_seconds_total", .counter, help: "Processor time, user and system.",
        samples: [.init(cpuSeconds)]),
    ]
  }
}
