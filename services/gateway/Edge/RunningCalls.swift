import Access
import RPC
import Synchronization
import Values

/// The streaming calls that this process makes in the name of somebody, by what they showed: the end of a right is the end
/// of the calls that began with it (ASVS 8.3.2).
final class RunningCalls: Sendable {
  typealias Key = SessionDirectory.Key

  struct Entry {
    let principal: Principal
    let canceller: CallCanceller
  }
  private struct Holder {
    let credential: Credential
    var calls: [Int: Entry] = [:]
    /// When somebody last looked whether the credential is still good.
    var judged = ContinuousClock.now
    var review = Review.none
  }
  private enum Review {
    case none, underWay
    /// Something was forgotten while one is under way: it may be older than that.
    case underWayAndAgain
  }
  private struct State {
    var holders: [Key: Holder] = [:]
    var next = 0
  }
  private let state = Mutex(State())

  /// Takes a call in until `remove`.
  func add(
    _ canceller: CallCanceller, of principal: Principal, by credential: Credential, _ key: Key
  ) -> Int {
    state.withLock { state in
      state.next += 1
      state.holders[key, default: Holder(credential: credential)].calls[state.next] =
        Entry(principal: principal, canceller: canceller)
      return state.next
    }
  }

  func remove(_ number: Int, _ key: Key) {
    state.withLock { state in
      state.holders[key]?.calls[number] = nil
      if state.holders[key]?.calls.isEmpty == true { state.holders[key] = nil }
    }
  }

  var tenants: Set<TenantID> { state.withLock { Set($0.holders.keys.map(\.tenant)) } }

  /// What the calls of some people showed.
  func credentials(where isConcerned: (Key, Principal) -> Bool) -> [Key: Credential] {
    state.withLock { state in
      state.holders.filter { key, holder in
        holder.calls.values.contains { isConcerned(key, $0.principal) }
      }.mapValues(\.credential)
    }
  }

  /// What nobody has looked at for `time`; it counts as looked at from now on.
  func due(after time: Duration) -> [Key: Credential] {
    let now = ContinuousClock.now
    return state.withLock { state in
      let due = state.holders.filter { now - $0.value.judged >= time }
      for key in due.keys { state.holders[key]?.judged = now }
      return due.mapValues(\.credential)
    }
  }

  /// Whether a review is to be made now: one at a time, and one more for all that happens meanwhile.
  func beginsReview(of key: Key) -> Bool {
    state.withLock { state in
      guard let review = state.holders[key]?.review else { return false }
      state.holders[key]?.review = review == .none ? .underWay : .underWayAndAgain
      return review == .none
    }
  }

  /// Whether the review that ends now is to be made again.
  func repeatsReview(of key: Key) -> Bool {
    state.withLock { state in
      let repeats = state.holders[key]?.review == .underWayAndAgain
      state.holders[key]?.review = repeats ? .underWay : .none
      return repeats
    }
  }

  func entries(of key: Key) -> [Entry] {
    state.withLock { $0.holders[key].map { Array($0.calls.values) } ?? [] }
  }
}
