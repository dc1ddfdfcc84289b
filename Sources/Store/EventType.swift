/// A kind of event, declared once by the service that emits it. Who may be told of one is a part of it, and `EventPlace`
/// the other: both must hold.
public struct EventType: Sendable, Hashable, CustomStringConvertible {
  /// `ticket.created`: also the name of the audited action, where there is one.
  public let name: String
  /// A permission as its enum spells it, held where the event happened; nil: nobody is asked for one.
  public let permission: String?
  /// Never told to a customer.
  public let isForStaff: Bool

  public init(_ name: String, permission: String?, isForStaff: Bool) {
    self.name = name
    self.permission = permission
    self.isForStaff = isForStaff
  }

  public var description: String { name }
}
