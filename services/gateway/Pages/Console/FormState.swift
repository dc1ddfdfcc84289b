import NIOHTTP1
import RPC

/// One form of a page: what was saved, or, after a refusal, what was typed and what is wrong with it.
struct FormState: Sendable {
  private(set) var errors = UI.FormErrors()
  /// Somebody else saved in between.
  private(set) var isStale = false
  /// What was submitted; nil while the form shows what is saved.
  private let typed: Form?
  private var refusal: HTTPResponseStatus?

  /// The form as it is before anybody submits it.
  init() { typed = nil }

  /// After a refused call.
  ///
  /// - renaming: form fields by the API's field paths, where they differ.
  /// - Throws: the error itself when no other input would mend it.
  init(
    _ error: any Error, _ form: Form, renaming names: [String: String] = [:]
  ) throws {
    let problem = Problem(error)
    typed = form
    guard !problem.wantsStepUp else { throw error }
    if problem.code == .permissionDenied {
      // The page was offered, so it is this one change that goes beyond the person's own grants.
      errors.general = [problem.detail.asSentence]
      refusal = .forbidden
      return
    }
    guard let errors = UI.FormErrors(error, renaming: names) else { throw error }
    self.errors = errors
    isStale = problem.code == .aborted
    refusal = isStale ? .conflict : .unprocessableEntity
  }

  /// After a check of this page's own.
  init(_ errors: UI.FormErrors, _ form: Form) {
    self.errors = errors
    typed = form
    refusal = .unprocessableEntity
  }

  /// Violations of one entry of a list (`links[2].url`) beside the field of the whole list, with the entry's number.
  ///
  /// - called: what an entry is called, by its place from 0.
  func gathering(
    _ lists: [String], called: (Int) -> String = { "Line \($0 + 1)" }
  ) -> FormState {
    var copy = self
    for (field, text) in errors.byField.sorted(by: { $0.key < $1.key }) {
      guard let list = lists.first(where: { field.hasPrefix("\($0)[") }) else { continue }
      let place = Int(field.dropFirst(list.count + 1).prefix { $0 != "]" }) ?? 0
      let entry = "\(called(place)): \(text)"
      let before = copy.errors.byField[list].map { "\($0). " } ?? ""
      copy.errors.byField[list] = before + entry
      copy.errors.byField[field] = nil
    }
    return copy
  }

  var status: HTTPResponseStatus { refusal ?? .ok }
  var isRefused: Bool { refusal != nil }

  /// All that is wrong in one text, for a form that has no place of its own.
  var reasons: String {
    (errors.general + errors.byField.values.sorted()).map { "\($0)." }.joined(separator: " ")
  }

  func text(_ name: String, _ saved: String = "") -> String { typed?[name] ?? saved }
  func isOn(_ name: String, _ saved: Bool = false) -> Bool { typed?.isOn(name) ?? saved }
  func all(_ name: String, _ saved: [String]) -> [String] { typed?.all(name) ?? saved }

  /// Makes a repeated submission the same one: new when the form is first shown, kept while it is corrected.
  var requestID: HTML {
    let kept = typed?.text("request_id")
    return UI.hidden("request_id", kept ?? RequestID.make())
  }

  func field(
    _ name: String, _ label: String, hint: String? = nil, isOptional: Bool = false,
    isDisabled: Bool = false
  ) -> UI.Field {
    UI.Field(
      name, label, hint: hint, error: errors[name], isOptional: isOptional, isDisabled: isDisabled)
  }

  /// What is wrong, above the form. - reload: the page as it is saved now.
  func summary(_ fields: [UI.Field], reload: SafeURL) -> HTML {
    guard isStale else { return UI.errorSummary(errors, fields: fields) }
    let text: HTML = """
      <p>Somebody else saved it while you were looking at it. What you typed is still here: save \
      again to put it in place of theirs, or reload to see what they changed.</p>
      """
    let notice = UI.callout(
      .warning, title: "This was changed meanwhile", body: text,
      action: UI.linkButton("Reload", to: reload, icon: .refresh, isSmall: true))
    return "<div role=\"alert\">\(notice)</div>"
  }
}

extension Form {
  /// The lines of a text area, without blanks around them and without empty ones.
  func lines(_ name: String) -> [String] {
    self[name].split(whereSeparator: \.isNewline).map { String($0.trimmed) }.filter { !$0.isEmpty }
  }
  /// The value without blanks around it, "" when nothing is left.
  func plain(_ name: String) -> String { text(name) ?? "" }
}

extension String {
  /// Browsers send line ends of text areas as CR LF.
  var unixLines: String { replacing("\r\n", with: "\n") }
}
