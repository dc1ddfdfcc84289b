import Store
import Synchronization
import Values

/// The catalogue of each tenant as it was read last, for those who only read: most lists need all of it, and it seldom
/// changes. Whether it has is asked of the database each time.
final class KeptCatalogueStore: Sendable {
  private struct Kept {
    let stamp: CatalogEntryStore.Stamp
    let catalogue: Catalogue
  }

  /// Tenants whose catalogue is kept; one more, and all are read anew.
  private static let most = 500

  private let kept = Mutex<[TenantID: Kept]>([:])

  /// Not for a transaction that writes: what it has changed may be rolled back.
  func catalogue(_ db: Transaction) throws -> Catalogue {
    let entries = CatalogEntryStore(db)
    let stamp = try entries.stamp()
    if let kept = kept.withLock({ $0[db.tenant] }), kept.stamp == stamp { return kept.catalogue }
    let catalogue = try entries.catalogue()
    kept.withLock {
      if $0.count >= Self.most { $0.removeAll() }
      $0[db.tenant] = Kept(stamp: stamp, catalogue: catalogue)
    }
    return catalogue
  }
}
