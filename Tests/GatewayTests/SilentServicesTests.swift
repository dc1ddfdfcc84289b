import PorticoAPI
import RPC
import Synchronization
import Testing

@testable import Gateway

/// A service that stands still, as a process that is frozen, until it is let go on.
private final class FrozenPeer: Caller {
  private let state = Mutex<(isFrozen: Bool, asked: [String])>((true, []))

  var asked: [String] { state.withLock { $0.asked } }
  func goOn() { state.withLock { $0.isFrozen = false } }

  func unary(
    _ method: RPC.Method, _ request: [UInt8], _ options: CallOptions
  ) async throws -> UnaryResponse<[UInt8]> {
    let isFrozen = state.withLock { state in
      state.asked.append(method.name)
      return state.isFrozen
    }
    if isFrozen { throw Status(.deadlineExceeded, "no answer in time") }
    return UnaryResponse(message: [])
  }

  func stream<Result>(
    _ method: RPC.Method, _ options: CallOptions,
    _ body: (RequestWriter<[UInt8]>, ResponseStream<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    throw Status(.unimplemented, "not here")
  }
}

@Suite("Services that let pages wait", .timeLimit(.minutes(2)))
struct SilentServicesTests {
  @Test(
    "V-05 one part waits for a service that stands still, the next do not, until it answers again")
  func parts() async throws {
    let (cms, billing) = (FrozenPeer(), FrozenPeer())
    billing.goOn()
    let backends = Backends(["cms": cms, "billing": billing])
    let services = SilentServices(backends, backends)
    let (news, invoices) = (Methods.News.listNews, Methods.Invoices.listInvoices)
    func part(_ method: RPC.Method) async -> Status.Code {
      do {
        _ = try await SilentServices.$isAskedForPart.withValue(true) {
          try await services.unary(method, [], CallOptions())
        }
        return .ok
      } catch { return (error as? Status)?.code ?? .unknown }
    }
    #expect(await part(news) == .deadlineExceeded)
    for _ in 0..<5 { #expect(await part(news) == .unavailable) }
    #expect(cms.asked.filter { $0 == "ListNews" }.count == 1)
    #expect(await part(invoices) == .ok)
    // Whoever wants the service itself asks it.
    await #expect(throws: Status.self) { try await services.unary(news, [], CallOptions()) }
    #expect(cms.asked.filter { $0 == "ListNews" }.count == 2)
    cms.goOn()
    while await part(news) != .ok { try await Task.sleep(for: .milliseconds(10)) }
    #expect(cms.asked.contains("Check"))
  }
}
