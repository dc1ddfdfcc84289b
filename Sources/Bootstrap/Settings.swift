import Configuration
import Foundation
import Synchronization
import Values

/// What an operator can say to a process. The first that has a value decides: flags (`--database-url`), environment
/// (`PORTICO_DATABASE_URL`), the JSON file (`{"database": {"url": …}}`) named by `--config` or `PORTICO_CONFIG`.
///
/// A value that is there and is wrong is an error, never the default.
public struct Settings: Sendable {
  private struct Source: Sendable {
    let provider: any ConfigProvider
    let prefix: String
    /// The provider takes a value apart at its commas, so that it has to be asked for as a list.
    var splitsAtCommas = false
  }

  private let sources: [Source]
  private let flags: Set<String>
  private let asked = Asked()

  /// - Parameter arguments: without the program's name.
  public init(
    arguments: [String] = Array(CommandLine.arguments.dropFirst()),
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) async throws {
    let prefix = "PORTICO_"
    let own = environment.filter { $0.key.hasPrefix(prefix) }
    let variables = Dictionary(
      uniqueKeysWithValues: own.map { (String($0.key.dropFirst(prefix.count)), $0.value) })
    var sources = [
      Source(
        provider: CommandLineArgumentsProvider(
          arguments: ["portico"] + arguments, secretsSpecifier: .all), prefix: "",
        splitsAtCommas: true),
      Source(
        provider: EnvironmentVariablesProvider(
          environmentVariables: variables, secretsSpecifier: .all), prefix: prefix),
    ]
    flags = Set(
      arguments.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) })
    if let path = try Self.text("config", in: sources) {
      sources.append(Source(provider: try await Self.file(path), prefix: ""))
    }
    self.sources = sources
    asked.note("config")
  }

  /// Settings at hand: tests, and services inside another process.
  public init(_ values: [String: String]) {
    let values = values.map {
      (AbsoluteConfigKey(ConfigKey($0.key)), ConfigValue(.string($0.value), isSecret: true))
    }
    sources = [
      Source(
        provider: InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)), prefix: "")
    ]
    flags = []
  }

  /// Nil where nobody has said anything.
  public func string(_ key: String) throws(SettingError) -> String? {
    asked.note(key)
    return try Self.text(key, in: sources)
  }

  public func string(_ key: String, default value: String) throws(SettingError) -> String {
    try string(key) ?? value
  }

  /// - Throws: `SettingError.missing`.
  public func required(_ key: String) throws(SettingError) -> String {
    guard let text = try string(key), !text.isEmpty else { throw .missing(key) }
    return text
  }

  /// A value that is never printed.
  public func secret(_ key: String) throws(SettingError) -> Secret<String>? {
    try string(key).map { Secret($0) }
  }

  /// A whole number within `range`; anything else that was said is an error.
  public func int(
    _ key: String, default value: Int, in range: ClosedRange<Int>
  ) throws(SettingError) -> Int {
    guard let text = try string(key) else { return value }
    guard let number = Int(text) else { throw .invalid(key, "is not a whole number") }
    guard range.contains(number) else {
      throw .invalid(key, "must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  /// `true`, `yes`, `1` or a flag without a value; `false`, `no`, `0`.
  public func bool(_ key: String, default value: Bool) throws(SettingError) -> Bool {
    if flags.contains(Self.flag(key)), try string(key) == nil { return true }
    guard let text = try string(key) else { return value }
    switch text.lowercased() {
    case "true", "yes", "1": return true
    case "false", "no", "0": return false
    default: throw .invalid(key, "is neither true nor false")
    }
  }

  /// One of an enumeration's raw values.
  public func choice<Choice: RawRepresentable & CaseIterable>(
    _ key: String, default value: Choice
  ) throws(SettingError) -> Choice where Choice.RawValue == String {
    guard let text = try string(key) else { return value }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid(key, "must be one of \(names)")
    }
    return choice
  }

  /// Refuses flags that nobody has asked for: a misspelt one must not be ignored. Call when all is read.
  public func refuseUnknownFlags() throws(SettingError) {
    let known = Set(asked.keys.map(Self.flag))
    guard let unknown = flags.subtracting(known).min() else { return }
    throw .unknownFlag(unknown)
  }

  private static func flag(_ key: String) -> String {
    "--" + key.replacingOccurrences(of: ".", with: "-")
  }

  /// JSON numbers and booleans count as the text they are spelled with.
  private static func text(
    _ key: String, in sources: [Source]
  ) throws(SettingError) -> String? {
    let absolute = AbsoluteConfigKey(ConfigKey(key))
    for source in sources {
      let types: [ConfigType] =
        source.splitsAtCommas ? [.stringArray] : [.string, .int, .double, .bool]
      for type in types {
        let found: LookupResult
        do { found = try source.provider.value(forKey: absolute, type: type) } catch {
          // It has the key with another type: the next type is asked for.
          continue
        }
        guard let value = found.value else { break }
        switch value.content {
        case .string(let text): return text
        case .stringArray(let parts) where parts.isEmpty: return nil
        case .stringArray(let parts): return parts.joined(separator: ",")
        case .int(let number): return String(number)
        case .double(let number): return String(number)
        case .bool(let flag): return String(flag)
        default: throw .invalid(key, "is not a single value")
        }
      }
    }
    return nil
  }

  private static func file(_ path: String) async throws -> any ConfigProvider {
    do {
      return try await FileProvider<JSONSnapshot>(
        config: ConfigReader(
          provider: InMemoryProvider(values: [
            "filePath": ConfigValue(.string(path), isSecret: false)
          ])))
    } catch {
      throw SettingError.invalid("config", "cannot be read: \(error)")
    }
  }
}

/// Which keys were read.
private final class Asked: Sendable {
  private let noted = Mutex<Set<String>>([])
  var keys: Set<String> { noted.withLock { $0 } }
  func note(_ key: String) { noted.withLock { _ = $0.insert(key) } }
}

/// Why a process does not start with the settings it was given. Names the setting, never its value.
public enum SettingError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(String)
  /// The name and what is wrong; never the value, which may be a secret.
  case invalid(String, String)
  case unknownFlag(String)

  public var description: String {
    switch self {
    case .missing(let key):
      "\(key) is not set (--\(key.replacingOccurrences(of: ".", with: "-")), "
        + "PORTICO_\(key.replacingOccurrences(of: ".", with: "_").uppercased()))"
    case .invalid(let key, let reason): "\(key) \(reason)"
    case .unknownFlag(let flag): "\(flag) is not a flag of this program"
    }
  }
}
