import Foundation
import RPC
import Synchronization
import Values

/// What came of asking for one part of a page (N-10).
enum PagePart<Answer: Sendable>: Sendable {
  case fresh(Answer)
  /// The service did not answer in time; this is what it last said to the same person, and when.
  case stale(Answer, Instant)
  /// Nothing to show, and why.
  case missing(Problem)

  var answer: Answer? {
    switch self {
    case .fresh(let answer), .stale(let answer, _): answer
    case .missing: nil
    }
  }
}

extension PageContext {
  /// Asks for a part of a page beside the page's own subject: with a deadline of its own, `EdgeLimits.partTime`, so that
  /// no page waits for its slowest service, nor again for one that let another page wait; and with what this person was last shown where there is no answer (U-24).
  ///
  /// - Parameters:
  ///   - name: what readers call it, in lower case: "sites".
  ///   - subject: what it is about, where that is not this page's path: pages that share a part name the same one.
  func part<Answer: Sendable>(
    _ name: String, of subject: String? = nil,
    _ ask: @Sendable (CallOptions) async throws -> Answer
  ) async -> PagePart<Answer> {
    let key = principal.map {
      PartMemory.Key(
        principal: $0, parent: listParent, subject: subject ?? request.path, name: name)
    }
    do {
      let answer = try await SilentServices.$isAskedForPart.withValue(true) {
        try await ask(CallOptions(deadline: .after(patience)))
      }
      if let key { memory.remember(answer, for: key, at: now) }
      return .fresh(answer)
    } catch {
      note(name, error)
      let problem = Problem(error)
      // A refusal is an answer: what was shown before is not theirs to see any more.
      guard problem.isOutage, let key, let last = memory.last(Answer.self, for: key, at: now) else {
        return .missing(problem)
      }
      return .stale(last.answer, last.time)
    }
  }

  /// A part that the page can do without: its last good answer, or nil. The frame says what is missing or old.
  func optional<Part: Sendable>(
    _ name: String, if isWanted: Bool = true, of subject: String? = nil,
    _ ask: @Sendable (CallOptions) async throws -> Part
  ) async -> Part? {
    guard isWanted else { return nil }
    let part = await part(name, of: subject, ask)
    switch part {
    case .fresh: break
    case .stale(_, let time): report.add(.init(name: name, since: time))
    case .missing(let problem):
      if problem.isOutage { report.add(.init(name: name, since: nil)) }
    }
    return part.answer
  }

  /// Logs why a part of a page is missing.
  func note(_ part: String, _ error: any Error) {
    let problem = Problem(error)
    // A page that failed as a whole takes its parts with it: that is in the log already.
    let isNews = problem.code != .cancelled && problem.code != .notFound
    log.log(
      level: isNews ? .warning : .debug, "part of a page is missing",
      metadata: [
        "request_id": "\(request.id)", "part": "\(part)",
        "reason": "\(problem.reason ?? problem.detail)",
      ])
  }
}

extension Problem {
  /// The service could not answer, as opposed to: it answered no.
  var isOutage: Bool { status.code >= 500 || status == .tooManyRequests }
}

/// The parts that the page at hand had to do without.
final class PartReport: Sendable {
  struct Gap: Sendable, Hashable {
    let name: String
    /// When what is shown instead was true; nil when nothing is.
    let since: Instant?
  }

  private let gaps = Mutex<[Gap]>([])

  func add(_ gap: Gap) {
    gaps.withLock { if !$0.contains(where: { $0.name == gap.name }) { $0.append(gap) } }
  }

  var all: [Gap] { gaps.withLock { $0.sorted { $0.name < $1.name } } }
}

extension PageContext {
  /// Above a page that is not whole: which parts are missing or old, and another try (U-24).
  var gapsNotice: HTML? {
    let gaps = report.all
    guard !gaps.isEmpty else { return nil }
    let missing = gaps.filter { $0.since == nil }.map(\.name)
    let old = gaps.compactMap { gap in gap.since.map { (gap.name, $0) } }
    var lines: [HTML] = []
    if !missing.isEmpty {
      lines.append(
        """
        <p>Missing: \(missing.formatted(.list(type: .and).locale(Locale(identifier: "en")))). \
        Everything else is up to date.</p>
        """)
    }
    for (name, time) in old {
      lines.append(
        """
        <p>As last loaded \(UI.time(time, now: now, zone: zone)): \(name).</p>
        """)
    }
    let again: HTML? =
      request.isSafe
      ? UI.linkButton(
        "Try again", to: SafeURL(checked: request.target.raw), icon: .refresh, isSmall: true) : nil
    return UI.callout(
      .warning, title: "A part of this page could not be loaded right now",
      body: lines.joined(), action: again)
  }
}
