import Foundation
import NIOHTTP1
import RPC

extension UI.FormErrors {
  /// What a refused call says about the form: violations beside their fields, other refusals above the form. Nil
  /// for an error that no other input would mend, which the page passes on.
  ///
  /// - renaming: form fields by the API's field paths, where they differ.
  init?(_ error: any Error, renaming names: [String: String] = [:]) {
    let problem = Problem(error)
    switch problem.code {
    case .invalidArgument, .failedPrecondition, .alreadyExists, .aborted, .outOfRange,
      .resourceExhausted:
      break
    default: return nil
    }
    self.init()
    for violation in problem.violations {
      let field = names[violation.field] ?? violation.field
      // All that is wrong with a field, so that nobody finds out one by one.
      byField[field] = [byField[field], violation.description.asSentence].compactMap(\.self)
        .joined(separator: ". ")
    }
    if byField.isEmpty { general = [problem.detail.asSentence] }
  }

  /// One wrong field.
  init(_ field: String, _ message: String) { self.init(byField: [field: message], general: []) }
}

extension String {
  /// With a capital at the start.
  var asSentence: String { prefix(1).uppercased() + dropFirst() }
  /// To be read on after a name.
  var asClause: String { prefix(1).lowercased() + dropFirst() }
}

extension PageContext {
  /// The hidden field that makes a repeated submission the same one: made when the form is first shown and kept
  /// while it is corrected.
  var requestIDField: HTML { UI.hidden("request_id", form.text("request_id") ?? RequestID.make()) }
}

extension PageRoute {
  /// The same route, where a person who may not see something is told what everybody is told of what does not
  /// exist (D-51).
  var hidingForbidden: PageRoute {
    around { context, handler in
      do { return try await handler(context) } catch let status as Status
        where status.code == .permissionDenied && !status.wantsStepUp
      {
        throw Status(.notFound, "there is no such page", because: status.internalReason)
      }
    }
  }

  /// The page beside which the frame's own call is on its way: a page takes as long as its slowest call, not as their sum.
  var withEarlyFrame: PageRoute {
    guard frame == .early else { return self }
    return around { context, handler in
      // A child of this task works on the same event loop; a task of its own would wake a thread.
      try await withThrowingTaskGroup(of: Void.self) { group in
        let unread = EarlyValue<Int?>()
        group.addTask { unread.arrived(await context.unreadMessages()) }
        defer { group.cancelAll() }
        var context = context
        context.unread = unread
        return try await handler(context)
      }
    }
  }
}
