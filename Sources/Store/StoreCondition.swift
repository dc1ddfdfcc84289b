import Telemetry

/// How an engine is doing right now, for readiness, metrics and operators. Reading it waits for nothing.
public struct StoreCondition: Sendable {
  /// Writes and reads that wait for their turn.
  public var waiting: Int
  /// Transactions that were begun again after a conflict.
  public var retries: UInt64
  /// Why no write is taken until somebody does something about it; nil while writes are taken.
  public var refusal: StoreError?
  /// What else the engine counts.
  public var families: [MetricFamily]

  public init(
    waiting: Int = 0, retries: UInt64 = 0, refusal: StoreError? = nil,
    families: [MetricFamily] = []
  ) {
    self.waiting = waiting
    self.retries = retries
    self.refusal = refusal
    self.families = families
  }
}
