// CmsService: what the provider tells all its customers. Company news with drafts and a time of publishing.
// Knows nobody but the caller, asks no other service and sends nothing.

import Bootstrap
import Foundation
import RPC
import Values

public struct CmsService: HostedService {
  public static let name = "cms"
  public static let migrations = Bundle.module.bundleURL.appending(path: "Migrations")

  private let news: NewsHandlers

  public init(_ context: ServiceContext) async throws {
    news = NewsHandlers(store: context.store, ids: SortableIDGenerator(clock: context.clock))
  }

  public var services: [any RPCService] { [news] }
}
