import NIOCore

/// What proves to the server who makes a call: metadata that is fetched for each one. It is only sent over TLS; without,
/// the call fails with UNAUTHENTICATED before anything is sent.
public struct CallCredentials: Sendable {
  private let fetch: @Sendable (Method) async throws -> Metadata
  private let allowsPlaintextOnLoopback: Bool

  /// - Parameters:
  ///   - allowingPlaintextOnLoopback: also without TLS when the target is a Unix socket or a loopback address.
  ///   - fetch: the metadata for one call. An error that is a `Status` ends the call with it, any other with
  ///     UNAVAILABLE. It is cancelled at the call's deadline.
  public init(
    allowingPlaintextOnLoopback: Bool = false,
    _ fetch: @escaping @Sendable (Method) async throws -> Metadata
  ) {
    allowsPlaintextOnLoopback = allowingPlaintextOnLoopback
    self.fetch = fetch
  }

  /// A bearer token (RFC 6750) in `authorization`.
  public static func bearer(
    allowingPlaintextOnLoopback: Bool = false,
    _ token: @escaping @Sendable () async throws -> String
  ) -> CallCredentials {
    CallCredentials(allowingPlaintextOnLoopback: allowingPlaintextOnLoopback) { _ in
      var metadata = Metadata()
      try metadata.append("authorization", "Bearer \(try await token())")
      return metadata
    }
  }

  /// The same bearer token for every call.
  public static func bearer(
    _ token: String, allowingPlaintextOnLoopback: Bool = false
  ) -> CallCredentials {
    bearer(allowingPlaintextOnLoopback: allowingPlaintextOnLoopback) { token }
  }

  /// The metadata for a call over `channel`.
  func metadata(
    for method: Method, _ channel: Channel, _ options: CallOptions
  ) async throws -> Metadata {
    guard channel.isEncrypted || (allowsPlaintextOnLoopback && channel.target.isLoopback) else {
      throw Status(
        .unauthenticated, "credentials are not sent without TLS", because: method.path)
    }
    let inherited = options.inheritsContext ? Call.current?.deadline : nil
    let deadlines = [options.deadline, inherited].compactMap { $0 }
    do {
      guard let deadline = deadlines.min() else { return try await fetch(method) }
      return try await fetch(method, before: deadline)
    } catch let error as any StatusConvertible {
      throw error.status
    } catch let status as Status {
      throw status
    } catch is CancellationError {
      throw ClientCall.cancelled
    } catch {
      throw Status(.unavailable, "the credentials could not be had", because: "\(error)")
    }
  }

  private func fetch(_ method: Method, before deadline: Deadline) async throws -> Metadata {
    try await withThrowingTaskGroup(of: Metadata.self) { group in
      group.addTask { try await fetch(method) }
      group.addTask {
        try await Task.sleep(for: max(.zero, deadline.remaining))
        throw ClientCall.expired
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw ClientCall.cancelled }
      return first
    }
  }
}

extension Target {
  /// Whether nothing that is sent leaves this machine.
  var isLoopback: Bool {
    guard let fixed else { return scheme == "dns" && serverName == "localhost" }
    return fixed.flatMap(\.addresses).allSatisfy { address in
      switch address {
      case .unix: true
      case .ip(let host, _): host == "::1" || host.hasPrefix("127.")
      }
    }
  }
}
