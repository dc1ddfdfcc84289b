import NIOHTTP1

/// How a failed page looks: what happened in words for the reader, the request's id, a way on.
enum ErrorPage {
  static func html(_ problem: Problem, _ request: Request, _ context: PageContext?) -> HTML {
    let isStaff = context?.principal?.isStaff == true
    let (title, message) = words(problem, help: isStaff ? "an administrator" : "your provider")
    // What may work a moment later is tried again with one click, which leads to where the reader is; a form is not sent
    // twice by a link.
    let retry: SafeURL? = problem.isPassing && request.isSafe ? "" : nil
    guard let context else { return bare(title, message, request.id, retry) }
    let body = UI.errorPage(
      code: Int(problem.status.code), title: title, message: message, requestID: request.id,
      retry: retry, back: context.session == nil ? "/login" : "/",
      backTitle: context.session == nil ? "Go to the login page" : "Go to the home page")
    return context.session == nil
      ? UI.authLayout(title: title, shell: context.frame(), main: body)
      : UI.layout(title: title, shell: context.frame(), main: body)
  }

  /// - help: whom the reader can turn to.
  private static func words(_ problem: Problem, help: String) -> (title: String, message: String) {
    switch problem.status {
    case .notFound:
      // The same for what is absent and what is not theirs to see (D-51).
      (
        "This page does not exist, or is not yours to see",
        "The link may be old, or the item belongs to another account. Ask \(help) if you expected something here."
      )
    case .forbidden:
      (
        "This could not be accepted",
        "The form may have been open for too long or in another session. Go back, reload the page and try again."
      )
    case .conflict:
      (
        "This was changed in the meantime",
        "Somebody else changed it while you were looking at it. Go back, reload and try again."
      )
    case .payloadTooLarge:
      ("This is too large", "\(problem.detail.asSentence). Go back and choose smaller files.")
    case .tooManyRequests: ("Too many requests", "Wait a moment, then try again.")
    case .badRequest, .unprocessableEntity, .methodNotAllowed, .unsupportedMediaType:
      ("This could not be accepted", "\(problem.detail.asSentence).")
    case .serviceUnavailable, .gatewayTimeout:
      (
        "This part is not available right now",
        "It usually comes back within a minute. Try again then."
      )
    default:
      (
        "Something went wrong on our side",
        "Try again in a moment. If it stays like this, tell \(help) the request number below."
      )
    }
  }

  /// Where not even the portal is known.
  private static func bare(
    _ title: String, _ message: String, _ requestID: String, _ retry: SafeURL?
  ) -> HTML {
    """
    <!doctype html><html lang="en"><head><meta charset="utf-8">\
    <meta name="viewport" content="width=device-width, initial-scale=1"><title>\(title)</title></head>\
    <body><main><h1>\(title)</h1><p>\(message)</p>\
    \(retry.map { "<p><a href=\"\($0)\">Try again</a></p>" as HTML })\
    <p>Request \(requestID)</p></main></body></html>
    """
  }
}

extension Problem {
  /// It may be over when the same is asked again.
  fileprivate var isPassing: Bool { status.code >= 500 || status == .tooManyRequests }
}
