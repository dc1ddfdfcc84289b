/// What the options of fields and of enum values say, as data; generated from `proto/` as `FieldRules.portico`.
public struct FieldRules: Sendable {
  /// By full message name, then by field number; fields without a rule are not there.
  public let fields: [String: [Int: FieldRule]]
  /// By full enum name: the values that no customer is shown (N-02).
  public let staffValues: [String: Set<Int32>]

  public init(fields: [String: [Int: FieldRule]], staffValues: [String: Set<Int32>]) {
    self.fields = fields
    self.staffValues = staffValues
  }

  /// The rule of a field of the message called `message`; one that says nothing where there is none.
  public func rule(of number: Int, in message: String) -> FieldRule {
    fields[message]?[number] ?? FieldRule()
  }
}

/// What the options of one field say.
public struct FieldRule: Sendable, Hashable {
  /// google.api.field_behavior.
  public struct Behavior: OptionSet, Sendable, Hashable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let required = Behavior(rawValue: 1)
    /// Set by the service alone; ignored in requests.
    public static let outputOnly = Behavior(rawValue: 2)
    public static let inputOnly = Behavior(rawValue: 4)
    /// Set at creation, never afterwards.
    public static let immutable = Behavior(rawValue: 8)
    /// The resource's name.
    public static let identifier = Behavior(rawValue: 16)
  }

  /// portico.access.v1.Audience.
  public enum Audience: Sendable, Hashable {
    case everybody
    /// Never shown to a customer.
    case staff
    /// A customer is shown the message around it only while it is true.
    case published
  }

  public let behavior: Behavior
  public let audience: Audience

  public init(_ behavior: Behavior = [], for audience: Audience = .everybody) {
    self.behavior = behavior
    self.audience = audience
  }
}
