import Synchronization

/// Inflates the messages of one call under its limits. What the last message took of the process's budget is given
/// back when the next one is taken, or with the call and its handler.
final class Decompressor {
  private let limit: Int
  private let maximumRatio: Int
  private let budget: InflationBudget
  private var held = 0

  /// - Parameters:
  ///   - limit: largest message, bytes, inflated.
  ///   - maximumRatio: how many times its size on the wire a message may have once inflated.
  init(limit: Int, maximumRatio: Int, budget: InflationBudget) {
    self.limit = limit
    self.maximumRatio = maximumRatio
    self.budget = budget
  }

  deinit { budget.give(held) }

  /// - Throws: INTERNAL for what is no gzip, RESOURCE_EXHAUSTED beyond a limit.
  func inflate(_ message: [UInt8]) throws(Status) -> [UInt8] {
    budget.give(held)
    held = 0
    let (product, overflow) = message.count.multipliedReportingOverflow(by: maximumRatio)
    let most = overflow ? Int.max : product
    var size = 0
    let inflated = try Inflater.shared.use { (inflater) throws(Status) in
      try inflater.inflate(message) { (count) throws(Status) in
        size += count
        guard size <= self.limit else {
          throw Status(
            .resourceExhausted, "a message is over the limit of \(self.limit) bytes once inflated")
        }
        guard size <= most else {
          throw Status(.resourceExhausted, "a message grows too much when it is inflated")
        }
        guard self.budget.take(count) else {
          throw Status(.resourceExhausted, "too many compressed messages are being read")
        }
        self.held += count
      }
    }
    guard let inflated else {
      throw Status(.resourceExhausted, "a message cannot be inflated now", because: "no memory")
    }
    return inflated
  }
}

/// How many bytes all calls of a server, or of a channel, may have inflated at a time. A stranger pays for a
/// thousandth of them, so their sum needs a bound of its own.
final class InflationBudget: Sendable {
  private let limit: Int
  private let used = Atomic<Int>(0)

  init(limit: Int) { self.limit = limit }

  var inUse: Int { used.load(ordering: .relaxed) }

  func take(_ count: Int) -> Bool {
    let after = used.wrappingAdd(count, ordering: .relaxed).newValue
    if after <= limit { return true }
    used.wrappingSubtract(count, ordering: .relaxed)
    return false
  }

  func give(_ count: Int) {
    if count > 0 { used.wrappingSubtract(count, ordering: .relaxed) }
  }
}
