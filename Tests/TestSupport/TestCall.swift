import Access
import RPC
import Synchronization
import Values

/// A call as a handler sees it, without a wire under it: for rules that need nothing more than who calls.
public enum TestCall {
  /// Lets a call through the real gate and gives it to `body`.
  /// - Throws: what the gate refuses with, or what `body` throws.
  public static func run<T: Sendable>(
    _ method: RPC.Method, as principal: Principal?, clock: any WallClock,
    _ body: (Call) async throws -> T
  ) async throws -> T {
    let keys = Keyring(Stage.services)
    var metadata = Metadata()
    if let principal {
      var issuer = Verifier.identity
      if case .service(let name) = principal.kind { issuer = name }
      let token = try keys.signer(for: issuer).token(
        for: principal.freshlyAuthenticated(at: clock.now), at: clock.now)
      metadata = try CallOptions().principal(token.bytes).metadata
    }
    let call = Call(method: method, metadata: metadata, clock: clock)
    let gate = Gate(keys.verifier(for: method.owner, clock: clock))
    var result: T?
    try await gate.intercept(call) { result = try await body($0) }
    guard let result else { throw Status(.internal, "the gate did not call the handler") }
    return result
  }
}
