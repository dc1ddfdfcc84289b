// MessagingService: what is written to people. The outgoing mail of the whole product with its queue, and
// the conversations between contacts and staff. Knows no ticket and no invoice: other services hand it
// finished letters. Speaks SMTP to one configured server, and keeps mails to be read here without one.

import Bootstrap
import Foundation
import RPC
import Store
import Values

public struct MessagingService: HostedService {
  public static let name = "messaging"
  public static let migrations = Bundle.module.bundleURL.appending(path: "Migrations")

  private let mails: MailHandlers
  private let conversations: ConversationHandlers
  private let delivery: MailDelivery

  public init(_ context: ServiceContext) async throws {
    let directory = Directory(context.caller("identity"))
    let ids = SortableIDGenerator(clock: context.clock)
    let server = try MailServer(context.settings, clock: context.clock)
    let queue = MailQueue(ids: ids, hasServer: server != nil)
    mails = MailHandlers(store: context.store, queue: queue)
    conversations = ConversationHandlers(
      store: context.store, directory: directory, ids: ids,
      origin: try context.settings.portalOrigin(), queue: queue)
    delivery = MailDelivery(
      store: context.store, server: server, directory: directory, logger: context.logger)
  }

  public var services: [any RPCService] { [mails, conversations] }

  public func queues(_ db: AcrossTenants) throws -> [QueueDepth] {
    [try MailQueueStore(db).depth()]
  }

  public var jobs: [Job] {
    let delivery = delivery
    return [
      Job("mail-delivery", every: .seconds(2), isDue: delivery.hasDue) { lease in
        try await delivery.run(lease)
      }
    ]
  }
}
