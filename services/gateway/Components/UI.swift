/// The components of Portico's pages: typed functions that return `HTML`, one file per family, each
/// shown in every state at `/styleguide`. A component knows no ticket and makes no call: pages hand
/// it values. Colour, space and motion live in `Assets/tokens.css`; behaviour in `Assets/*.js`.
enum UI {
  /// The hue of something that has one. Never the only sign: a text says the same.
  enum Tone: String, Sendable, CaseIterable {
    case neutral, accent, success, warning, danger, info
  }

  /// `ticket.title` → `f-ticket-title`: the id of the control with that form name.
  static func fieldID(_ name: String) -> String {
    "f-" + name.map { $0.isLetter || $0.isNumber ? String($0) : "-" }.joined()
  }
}
