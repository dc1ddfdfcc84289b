/// Attempts that wait for a connection or for a free stream, oldest first. Leaving takes the same time from any place,
/// so an attempt whose deadline passes is gone at once.
final class AttemptQueue {
  /// One attempt's place in the queue.
  final class Place {
    fileprivate(set) var attempt: (any PendingAttempt)?
    fileprivate var queue: AttemptQueue?
    fileprivate var previous: Place?
    fileprivate var next: Place?

    fileprivate init(_ attempt: any PendingAttempt, _ queue: AttemptQueue) {
      self.attempt = attempt
      self.queue = queue
    }

    /// Harmless when it has left already.
    func leave() { queue?.remove(self) }
  }

  private var first: Place?
  private var last: Place?
  private(set) var count = 0
  var isEmpty: Bool { first == nil }

  func append(_ attempt: any PendingAttempt) {
    let place = Place(attempt, self)
    place.previous = last
    last?.next = place
    last = place
    if first == nil { first = place }
    count += 1
    attempt.place = place
  }

  func popFirst() -> (any PendingAttempt)? {
    guard let first, let attempt = first.attempt else { return nil }
    remove(first)
    return attempt
  }

  /// Takes out all that do not wait for a backend to be ready.
  func takeImpatient() -> [any PendingAttempt] {
    var taken: [any PendingAttempt] = []
    var place = first
    while let current = place {
      place = current.next
      guard let attempt = current.attempt, !attempt.waitsForReady else { continue }
      remove(current)
      taken.append(attempt)
    }
    return taken
  }

  func takeAll() -> [any PendingAttempt] {
    var taken: [any PendingAttempt] = []
    while let attempt = popFirst() { taken.append(attempt) }
    return taken
  }

  private func remove(_ place: Place) {
    guard place.queue === self else { return }
    if let previous = place.previous { previous.next = place.next } else { first = place.next }
    if let next = place.next { next.previous = place.previous } else { last = place.previous }
    place.attempt?.place = nil
    place.attempt = nil
    place.queue = nil
    place.previous = nil
    place.next = nil
    count -= 1
  }
}
