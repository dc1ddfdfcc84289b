import RPC
import Store

extension EventType {
  /// Told to whoever holds the permission where the event happened, customers too: what they may read.
  public init(_ name: String, for permission: Permission) {
    self.init(name, permission: permission.rawValue, isForStaff: false)
  }

  /// Told to staff who hold the permission, and to no customer (D-34).
  public init(_ name: String, forStaffWith permission: Permission) {
    self.init(name, permission: permission.rawValue, isForStaff: true)
  }

  /// Told to everybody in the tenant, or to the one person whom its place names.
  public static func open(_ name: String) -> EventType {
    EventType(name, permission: nil, isForStaff: false)
  }

  /// Told to no person by its type: only services hear of it, and the user whom its place names does not either.
  public static func forServices(_ name: String) -> EventType {
    EventType(name, permission: "", isForStaff: true)
  }
}
