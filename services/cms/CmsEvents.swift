import Handling
import PorticoAPI
import RPC
import Store

/// What changes here, and who may be told of it.
extension EventType {
  static let newsCreated = EventType.open("news.created")
  static let newsUpdated = EventType.open("news.updated")
  static let newsDeleted = EventType.open("news.deleted")
  /// Something about an item that readers neither saw nor see.
  static let newsDraftChanged = EventType("news.draft_changed", forStaffWith: .contentWrite)
}

extension CmsService {
  public static let eventTypes: [EventType] = [
    .newsCreated, .newsUpdated, .newsDeleted, .newsDraftChanged,
  ]
}
