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
  /// The names of variables with our prefix, and of what the file holds.
  private let variables: Set<String>
  private let fileKeys: Set<String>
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
    self.variables = Set(own.keys)
    if let path = try Self.text("config", in: sources) {
      sources.append(Source(provider: try await Self.file(path), prefix: ""))
      fileKeys = try Self.keys(inFile: path)
    } else {
      fileKeys = []
    }
    self.sources = sources
    asked.note("config", .text)
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
    variables = []
    fileKeys = []
  }

  /// Nil where nobody has said anything.
  public func string(_ key: String) throws(SettingError) -> String? {
    asked.note(key, .text)
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
    asked.note(key, .secret)
    return try string(key).map { Secret($0) }
  }

  /// A whole number within `range`; anything else that was said is an error.
  public func int(
    _ key: String, default value: Int, in range: ClosedRange<Int>
  ) throws(SettingError) -> Int {
    asked.note(key, .number(range), "\(value)")
    guard let text = try string(key) else { return value }
    guard let number = Int(text) else { throw .invalid(key, "is not a whole number") }
    guard range.contains(number) else {
      throw .invalid(key, "must be between \(range.lowerBound) and \(range.upperBound)")
    }
    return number
  }

  /// A part of a whole, from 0 to 1.
  public func ratio(_ key: String, default value: Double) throws(SettingError) -> Double {
    asked.note(key, .ratio, "\(value)")
    guard let text = try string(key) else { return value }
    guard let number = Double(text), (0...1).contains(number) else {
      throw .invalid(key, "must be a number from 0 to 1")
    }
    return number
  }

  /// `true`, `yes`, `1` or a flag without a value; `false`, `no`, `0`.
  public func bool(_ key: String, default value: Bool) throws(SettingError) -> Bool {
    asked.note(key, .flag, "\(value)")
    if flags.contains(Setting.flag(key)), try string(key) == nil { return true }
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
    asked.note(key, .choice(Choice.allCases.map(\.rawValue)), value.rawValue)
    guard let text = try string(key) else { return value }
    guard let choice = Choice(rawValue: text) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw .invalid(key, "must be one of \(names)")
    }
    return choice
  }

  /// Refuses what was said and is read by nobody: a misspelt name must not be ignored. Call before anything starts.
  ///
  /// - Parameter process: `ticketing`; a flag must be one of its own, a file may serve all processes.
  public func refuseUnknown(for process: String) throws(SettingError) {
    let own = SettingCatalog.all.filter { $0.readers.include(process) }.map(\.flag)
    if let flag = flags.subtracting(own).min() {
      throw .unknown(flag, nearest: NearestName.of(flag, among: own))
    }
    let keys = SettingCatalog.all.map(\.key)
    if let key = fileKeys.subtracting(keys).min() {
      throw .unknown(key, nearest: NearestName.of(key, among: keys))
    }
    // Others put variables with our prefix there, too: only what looks like one of ours is refused.
    let names = SettingCatalog.all.map(\.variable)
    for name in variables.subtracting(names).sorted() {
      guard let nearest = names.first(where: { NearestName.distance(name, $0) <= 2 }) else {
        continue
      }
      throw .unknown(name, nearest: nearest)
    }
  }

  /// What was asked for so far, as whoever asked declared it: the catalogue of all settings is held against it.
  public var reads: [String: (kind: Setting.Kind, standard: String?)] { asked.reads }

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

  /// The names in a file, joined by dots.
  private static func keys(inFile path: String) throws(SettingError) -> Set<String> {
    let content: Any
    do {
      content = try JSONSerialization.jsonObject(
        with: try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .invalid("config", "cannot be read: \(error)")
    }
    func names(_ value: Any, _ prefix: String) -> [String] {
      guard let object = value as? [String: Any] else { return [prefix] }
      return object.flatMap { names($1, prefix.isEmpty ? $0 : "\(prefix).\($0)") }
    }
    guard content is [String: Any] else { throw .invalid("config", "must be a JSON object") }
    return Set(names(content, ""))
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

/// Which keys were read, and as what.
private final class Asked: Sendable {
  private let noted = Mutex<[String: (kind: Setting.Kind, standard: String?)]>([:])
  var reads: [String: (kind: Setting.Kind, standard: String?)] { noted.withLock { $0 } }

  /// What is known of it already is kept: every reading ends with one as text.
  func note(_ key: String, _ kind: Setting.Kind, _ standard: String? = nil) {
    noted.withLock { noted in
      if kind == .text, noted[key] != nil { return }
      noted[key] = (kind, standard)
    }
  }
}

/// Why a process does not start with the settings it was given. Names the setting, never its value.
public enum SettingError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(String)
  /// The name and what is wrong; never the value, which may be a secret.
  case invalid(String, String)
  /// As it was said, and what may have been meant.
  case unknown(String, nearest: String?)

  public var description: String {
    switch self {
    case .missing(let key): "\(key) is not set (\(Setting.flag(key)), \(Setting.variable(key)))"
    case .invalid(let key, let reason): "\(key) \(reason)"
    case .unknown(let name, let nearest):
      "\(name) is no setting of this process" + (nearest.map { "; did you mean \($0)?" } ?? "")
    }
  }
}
