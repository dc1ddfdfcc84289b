import NIOCore

/// What ends by itself when its deadline passes.
protocol Expiring: AnyObject {
  /// Where it stands in its queue, which keeps this up to date; nil when it is in none.
  var placeInQueue: Int? { get set }
  func expire()
}

/// The deadlines of one connection behind one timer: a call that ends in time costs no timer of its own. Confined to an
/// event loop.
///
/// The timer is set for the earliest deadline there was. When it fires, what is due expires and it is set for the
/// next; calls that ended meanwhile are long out of the list.
final class DeadlineQueue<Item: Expiring> {
  private let eventLoop: any EventLoop
  @exclusivity(unchecked) private var entries: [(deadline: Deadline, item: Item)] = []
  @exclusivity(unchecked) private var timer: (deadline: Deadline, scheduled: Scheduled<Void>)?

  init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

  /// A deadline may be hours away when its owner is long gone.
  deinit { timer?.scheduled.cancel() }

  var count: Int { entries.count }

  func insert(_ item: Item, _ deadline: Deadline) {
    item.placeInQueue = entries.count
    entries.append((deadline, item))
    if let timer, timer.deadline <= deadline { return }
    setTimer(deadline)
  }

  /// Takes an item out, if it is in. The timer stays: under load the next call is a moment away.
  func remove(_ item: Item) {
    guard let place = item.placeInQueue, let last = entries.popLast() else { return }
    item.placeInQueue = nil
    guard place < entries.count else { return }
    entries[place] = last
    last.item.placeInQueue = place
  }

  /// The connection is gone: no timer may keep what belonged to it.
  func stop() {
    timer?.scheduled.cancel()
    timer = nil
  }

  private func setTimer(_ deadline: Deadline) {
    timer?.scheduled.cancel()
    timer = (
      deadline,
      eventLoop.assumeIsolated().scheduleTask(deadline: deadline.nioDeadline) { [weak self] in
        self?.fire()
      }
    )
  }

  private func fire() {
    timer = nil
    let now = Deadline(uptimeNanoseconds: NIODeadline.now().uptimeNanoseconds)
    // Expiring takes the item out of the list.
    for entry in entries.filter({ $0.deadline <= now }) { entry.item.expire() }
    guard timer == nil, let next = entries.map(\.deadline).min() else { return }
    setTimer(next)
  }
}
