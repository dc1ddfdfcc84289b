extension PageTable {
  /// Every page of the portal. A page's file defines its routes as `static let`; they are listed here.
  static let portal = PageTable(routes: Styleguide.routes + BrandSheet.routes) { problem, requestID, _ in
    """
    <!doctype html><html lang="en"><head><meta charset="utf-8">\
    <meta name="viewport" content="width=device-width"><title>\(problem.status.reasonPhrase)</title></head>\
    <body><main><h1>\(problem.status.reasonPhrase)</h1><p>\(problem.detail)</p>\
    <p>Request \(requestID)</p><p><a href="/">Back to the start</a></p></main></body></html>
    """
  }
}
