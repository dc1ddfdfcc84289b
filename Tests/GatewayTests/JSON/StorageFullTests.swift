import Handling
import RPC
import Store
import Testing

@testable import Gateway

@Suite("A full disk, outside")
struct StorageFullTests {
  @Test("V-04 a full disk is 507, other exhaustion is 429")
  func status() {
    #expect(Problem(StoreError.full.status).status == .insufficientStorage)
    #expect(Problem(Status(.resourceExhausted, "too many")).status == .tooManyRequests)
    #expect(
      Problem(
        Status(.resourceExhausted, "x", details: [.reason("QUOTA", domain: "portico")])
      ).status == .tooManyRequests)
  }
}
