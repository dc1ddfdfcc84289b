import NIOHTTP1
import PorticoAPI
import Protobuf
import RPC
import Synchronization
import WellKnown

/// `/healthz`: the process lives. `/readyz`: it takes requests, and which services answer (R-180).
final class Readiness: Sendable {
  private let backends: Backends
  private let draining = Mutex(false)

  init(_ backends: Backends) { self.backends = backends }

  func drain() { draining.withLock { $0 = true } }

  /// Whether a request is for one of the two; asked of every request, and so without a suspension.
  func concerns(_ request: Request) -> Bool {
    request.isSafe && (request.path == "/healthz" || request.path == "/readyz")
  }

  func response(_ request: Request) async -> Response? {
    guard request.isSafe else { return nil }
    switch request.path {
    case "/healthz": return .bytes(Array("{\"status\":\"ok\"}\n".utf8), type: "application/json")
    case "/readyz": return await ready()
    default: return nil
    }
  }

  private func ready() async -> Response {
    let states = await withTaskGroup(of: (String, Bool).self) { group in
      for name in backends.names { group.addTask { (name, await self.serves(name)) } }
      return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    let isDraining = draining.withLock { $0 }
    // One service down costs its part of the pages, not the gateway: only identity is needed for anything at all.
    let isReady = !isDraining && states["identity"] != false
    let list = states.sorted { $0.key < $1.key }
      .map { "\"\($0.key)\":\"\($0.value ? "serving" : "down")\"" }.joined(separator: ",")
    let body = "{\"status\":\"\(isReady ? "ready" : "unready")\",\"services\":{\(list)}}\n"
    return .bytes(
      Array(body.utf8), type: "application/json", status: isReady ? .ok : .serviceUnavailable)
  }

  private func serves(_ name: String) async -> Bool {
    guard let caller = backends[name] else { return false }
    do {
      let answer = try await HealthClient(caller).check(
        .init(), CallOptions(deadline: .after(.seconds(1))))
      return answer.status == .serving
    } catch { return false }
  }
}
