/// Finds the servers behind a target's name. A channel uses the one that its configuration has for the target's scheme.
public protocol Resolver: Sendable {
  /// Reports what the target stands for, now and whenever it changes, until the task is cancelled, which happens when the
  /// channel goes idle or shuts down. A resolver that asks, instead of being told, asks again each time `nextRequest`
  /// returns:
  /// ```
  /// repeat { report(await lookUp(target)) } while await resolution.nextRequest()
  /// ```
  func resolve(_ target: Target, _ resolution: Resolution) async
}

/// What a name stands for.
public struct ResolvedTarget: Sendable, Hashable {
  /// One entry a server. An empty list counts as a failed resolution.
  public var endpoints: [Endpoint]
  /// The service config as JSON, if the name service has one. Nil: the channel's own counts, or none (R-080, gRFC A21).
  public var serviceConfig: String?

  public init(_ endpoints: [Endpoint], serviceConfig: String? = nil) {
    self.endpoints = endpoints
    self.serviceConfig = serviceConfig
  }
}

/// A resolver's line to its channel. May be used from any task.
public struct Resolution: Sendable {
  /// A resolver may keep its resolutions; the channel keeps the resolver.
  weak let resolving: Resolving?
  let run: Int

  /// The channel uses these from now on: connections to servers that stay are kept, those to others drain.
  public func report(_ target: ResolvedTarget) {
    resolving?.onLoop { $0.received(.success(target), run: run) }
  }

  /// Nothing was found. The last good addresses stay in use; the channel asks again after a back-off.
  public func report(_ error: any Error) {
    resolving?.onLoop { $0.received(.failure(error), run: run) }
  }

  /// Waits until the channel wants to hear again: a connection was lost, the refresh interval has passed, or the
  /// back-off after a failure has. False when the resolution is over.
  public func nextRequest() async -> Bool {
    guard let resolving else { return false }
    let wait = ResolutionWait()
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        resolving.onLoop { $0.begin(wait, continuation, run: run) }
      }
    } onCancel: {
      resolving.onLoop { $0.cancel(wait) }
    }
  }
}
