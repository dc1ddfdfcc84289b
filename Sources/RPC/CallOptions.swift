/// What a caller says about one call.
public struct CallOptions: Sendable {
  public var metadata: Metadata
  /// The earlier of this and the remaining time of the call whose handler makes this one.
  public var deadline: Deadline?
  /// Queue while no backend is reachable, instead of failing at once with UNAVAILABLE. Nil leaves it to the service
  /// configuration, which is silent mostly: the call fails at once then.
  public var waitsForReady: Bool?
  /// Largest message accepted in answer, bytes; the channel's limit when nil.
  public var maximumResponseBytes: Int?
  /// Inherit deadline, cancellation, request id and trace of the call whose handler makes this one.
  public var inheritsContext: Bool
  var values: CallValues = .init()

  public init(
    metadata: Metadata = Metadata(), deadline: Deadline? = nil, waitsForReady: Bool? = nil,
    maximumResponseBytes: Int? = nil, inheritsContext: Bool = true
  ) {
    self.metadata = metadata
    self.deadline = deadline
    self.waitsForReady = waitsForReady
    self.maximumResponseBytes = maximumResponseBytes
    self.inheritsContext = inheritsContext
  }

  /// Values for the client's interceptors; they never reach the wire.
  public subscript<Key: CallKey>(key: Key.Type) -> Key.Value? {
    get { values[key] }
    set { values[key] = newValue }
  }

  /// Compression of the requests; the channel's when nil. `RequestWriter.write(_:compressed:)` exempts a message.
  public var compression: Compression? {
    get { self[CompressionKey.self] }
    set { self[CompressionKey.self] = newValue }
  }

  /// What proves who the caller is; the channel's when nil.
  public var credentials: CallCredentials? {
    get { self[CredentialsKey.self] }
    set { self[CredentialsKey.self] = newValue }
  }

  /// These options with a deadline `timeout` from now.
  public func timeout(_ timeout: Duration) -> CallOptions {
    var copy = self
    copy.deadline = .after(timeout)
    return copy
  }
}

/// Names a typed value that travels with a call inside the process.
public protocol CallKey {
  associatedtype Value: Sendable
}

// Few calls have them, so they cost those that have not no room.
private enum CompressionKey: CallKey { typealias Value = Compression }
private enum CredentialsKey: CallKey { typealias Value = CallCredentials }

struct CallValues: Sendable {
  private var entries: [(key: ObjectIdentifier, value: any Sendable)] = []

  subscript<Key: CallKey>(key: Key.Type) -> Key.Value? {
    get { entries.first { $0.key == ObjectIdentifier(key) }?.value as? Key.Value }
    set {
      entries.removeAll { $0.key == ObjectIdentifier(key) }
      if let newValue { entries.append((ObjectIdentifier(key), newValue)) }
    }
  }
}
