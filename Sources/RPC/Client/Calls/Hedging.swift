import HTTP2
import NIOCore

/// The attempts of a hedged call: the next one starts when the delay has passed or the last one has failed, and the first
/// that is answered becomes the call's. Belongs to the channel's event loop.
final class Hedging: @unchecked Sendable {
  let call: ClientCall
  private let policy: HedgingPolicy
  private var running: [Hedge] = []
  private var started = 0
  private var timer: Scheduled<Void>?
  private var mayStartMore = true
  /// The request is too large to be kept: the first attempt that opens is the only one.
  private var commitsToNext = false
  private var lastFailure = Status(.unavailable, "no attempt could be made")
  private var lastFields: HeaderFields?

  init(_ call: ClientCall, _ policy: HedgingPolicy) {
    self.call = call
    self.policy = policy
  }

  func start() {
    launch()
    scheduleNext(TimeAmount(clamped: policy.delay))
  }

  private var hasMore: Bool {
    mayStartMore && started < policy.maximumAttempts && !call.core.isShutDown
      && call.core.service.throttle?.allowsRetry ?? true
  }

  private func launch() {
    let hedge = Hedge(self, previousAttempts: started)
    started += 1
    running.append(hedge)
    call.core.connections.start(hedge)
  }

  private func scheduleNext(_ delay: TimeAmount) {
    timer?.cancel()
    timer = nil
    guard hasMore, call.hedging === self else { return }
    timer = call.eventLoop.scheduleTask(in: delay) { self.launchNext() }
  }

  private func launchNext() {
    timer = nil
    call.core.goesOn(call)
    guard call.hedging === self, hasMore else { return endIfNothingIsLeft() }
    launch()
    scheduleNext(TimeAmount(clamped: policy.delay))
  }

  // MARK: what an attempt says

  func opened(_ hedge: Hedge) {
    if commitsToNext { commit(to: hedge) }
  }

  /// An attempt failed before it was answered.
  func ended(_ hedge: Hedge, _ status: Status, _ fields: HeaderFields?) {
    running.removeAll { $0 === hedge }
    lastFailure = status
    lastFields = fields
    let pushback = fields.map(Pushback.init) ?? .none
    let isFatal = !policy.nonFatalCodes.contains(status.code)
    if !isFatal || pushback == .stop { _ = call.core.service.throttle?.recordFailure() }
    if isFatal { return giveUp() }
    switch pushback {
    case .stop: mayStartMore = false
    case .after(let delay):
      scheduleNext(delay)
      if timer != nil, running.isEmpty { call.core.pauses(call) }
    case .none: if hasMore { return launchNext() }
    }
    endIfNothingIsLeft()
  }

  private func endIfNothingIsLeft() {
    if running.isEmpty, timer == nil || !hasMore { giveUp() }
  }

  /// The last failure is the call's.
  private func giveUp() {
    guard call.hedging === self else { return }
    call.responseHeaders = lastFields
    call.end(lastFailure)
  }

  /// This attempt is the call's from now on.
  func commit(to hedge: Hedge) {
    guard call.hedging === self else { return }
    call.hedging = nil
    running.removeAll { $0 === hedge }
    cancel()
    hedge.handOver(to: call)
  }

  // MARK: what the call says

  func cancel() {
    timer?.cancel()
    timer = nil
    let losers = running
    running = []
    for hedge in losers { hedge.cancel() }
  }

  func send(_ frame: ByteBuffer) { for hedge in running { hedge.send(frame) } }
  func finishRequests() { for hedge in running { hedge.finishRequests() } }

  func commitToFirst() {
    if let hedge = running.first(where: { $0.isOpen }) {
      commit(to: hedge)
    } else {
      commitsToNext = true
      mayStartMore = false
    }
  }
}
