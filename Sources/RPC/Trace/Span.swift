import Foundation

/// One piece of work of a recorded trace: from when to when, inside which other one, and how it ended.
public struct Span: Sendable {
  public enum Kind: Sendable, Hashable { case `internal`, server, client, producer, consumer }

  public enum Attribute: Sendable, Hashable {
    case text(String)
    case number(Int64)
  }

  /// Its own id, and that of the span around it.
  public let context: TraceContext
  public let kind: Kind
  /// Of few, without what is different in each call: `portico.ticketing.v1.Tickets/GetTicket`.
  public var name: String
  /// Nanoseconds since 1970.
  public let start: UInt64
  public var end: UInt64
  /// By OpenTelemetry's semantic conventions.
  public var attributes: [(key: String, value: Attribute)]
  /// What went wrong here, in a word; nil when nothing did.
  public var failure: String?

  /// One that begins now.
  public init(
    _ name: String, _ kind: Kind, _ context: TraceContext,
    attributes: [(key: String, value: Attribute)] = []
  ) {
    self.name = name
    self.kind = kind
    self.context = context
    self.attributes = attributes
    start = Self.now
    end = start
  }

  /// It ends now.
  public func ended(_ failure: String? = nil) -> Span {
    var span = self
    // A clock that was set back makes no span that ends before it began.
    span.end = max(start, Self.now)
    span.failure = failure
    return span
  }

  private static var now: UInt64 {
    var time = timespec()
    guard clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
    return UInt64(clamping: time.tv_sec) &* 1_000_000_000 &+ UInt64(clamping: time.tv_nsec)
  }
}

/// Takes finished spans. Must not wait.
public protocol SpanRecorder: Sendable {
  func record(_ span: Span)
}

/// The trace that the work of this task belongs to.
public enum TraceScope {
  /// Set where work begins that is no call of a server's: a request at the gateway, an effect of an outbox.
  @TaskLocal public static var own: TraceContext?

  /// The recorded trace around the work of this task; nil when nobody records it.
  public static var recorded: TraceContext? {
    let trace = own ?? Call.current?.trace
    return trace?.isSampled == true ? trace : nil
  }
}
