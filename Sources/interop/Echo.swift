import PorticoAPI
import RPC

/// portico.testing.v1.Nesting: answers with what it was asked, so that recursion can be attacked.
struct Echo: NestingService {
  func echo(_ request: PorticoTesting.Node, _ call: RPC.Call) async throws -> PorticoTesting.Node {
    request
  }
}
