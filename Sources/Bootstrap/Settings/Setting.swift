/// One thing that an operator can say to a process: the declaration behind the page of all settings, and behind the refusal
/// of what no process reads.
public struct Setting: Sendable, Hashable {
  public enum Kind: Sendable, Hashable {
    case text
    /// Never printed.
    case secret
    /// Texts, joined by commas.
    case list
    case flag
    case number(ClosedRange<Int>)
    /// From 0 to 1.
    case ratio
    case choice([String])
  }

  public enum Readers: Sendable, Hashable {
    case every
    /// The five services, not the gateway.
    case services
    case some([String])

    func include(_ process: String) -> Bool {
      switch self {
      case .every: true
      case .services: process != "gateway"
      case .some(let names): names.contains(process)
      }
    }
  }

  /// `drain.seconds`: in a file nested at its dots.
  public let key: String
  public let kind: Kind
  /// As an operator would say it; nil where nothing is said unless somebody does.
  public let standard: String?
  public let readers: Readers
  /// What it does, in a sentence or two.
  public let meaning: String

  init(
    _ key: String, _ kind: Kind, _ standard: String, of readers: Readers = .every,
    _ meaning: String
  ) {
    self.init(key, kind, standard: standard, readers, meaning)
  }

  /// One without a default.
  init(_ key: String, _ kind: Kind, of readers: Readers = .every, _ meaning: String) {
    self.init(key, kind, standard: nil, readers, meaning)
  }

  /// A text without a default.
  init(_ key: String, of readers: Readers = .every, _ meaning: String) {
    self.init(key, .text, standard: nil, readers, meaning)
  }

  private init(
    _ key: String, _ kind: Kind, standard: String?, _ readers: Readers, _ meaning: String
  ) {
    self.key = key
    self.kind = kind
    self.standard = standard
    self.readers = readers
    self.meaning = meaning
  }

  /// `--drain-seconds`.
  public var flag: String { Self.flag(key) }
  /// `PORTICO_DRAIN_SECONDS`.
  public var variable: String { Self.variable(key) }

  static func flag(_ key: String) -> String { "--" + key.replacing(".", with: "-") }

  static func variable(_ key: String) -> String {
    "PORTICO_" + key.uppercased().replacing(".", with: "_").replacing("-", with: "_")
  }
}
