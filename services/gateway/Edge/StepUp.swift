import Access
import RPC
import WellKnown

/// A form that was held up until its sender proves by the password who is there. The page shows it again, filled as it was,
/// with a field for the password; sent to the same path it then goes on.
struct StepUpPrompt: Sendable {
  /// Field of the password, in any form.
  static let field = "_password"

  /// Where the form goes, as it was sent.
  let action: String
  /// What was typed; without token and password.
  let fields: [Form.Field]
  /// It had files, which a browser does not let a page fill in again.
  let losesFiles: Bool
  /// What was wrong with the last password, as a sentence.
  let error: String?

  init(_ request: Request, _ form: Form, error: String? = nil) {
    action = request.target.raw
    fields = form.fields.filter { $0.name != Self.field && $0.name != Protection.field }
    losesFiles = !form.files.isEmpty
    self.error = error
  }
}

extension Problem {
  /// A step-up would lift this refusal: a sensitive action, or a kept session that only looks.
  var wantsStepUp: Bool {
    code == .permissionDenied
      && details.contains { detail in
        guard detail.typeName.hasSuffix("google.rpc.ErrorInfo") else { return false }
        do {
          return try GoogleRpc.ErrorInfo(serialized: detail.value).reason == Decision.stepUpRequired
        } catch { return false }
      }
  }
}

extension Status {
  /// A step-up would lift this refusal.
  var wantsStepUp: Bool { code == .permissionDenied && Problem(self).wantsStepUp }
}
