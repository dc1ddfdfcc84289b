import RPC

extension Styleguide {
  /// Open to anybody: it shows no data. `?theme=dark` shows it in that theme, whatever the visitor chose.
  static let routes: [PageRoute] = [
    PageRoute(.GET, "/styleguide", access: .anyone) { context in
      .html(page(shell: shell(context)))
    },
    PageRoute(.GET, "/styleguide/{pattern}", access: .anyone) { context in
      guard let page = pattern(context.path["pattern"], shell: shell(context)) else {
        throw Status(.notFound, "there is no such pattern")
      }
      return .html(page)
    },
    PageRoute(.POST, "/styleguide", access: .anyone) { _ in
      .redirect(to: "/styleguide", flash: .notice("The style guide keeps nothing."))
    },
  ]

  private static func shell(_ context: PageContext) -> UI.Shell {
    let theme = context.query["theme"].flatMap { UI.Theme(rawValue: $0) } ?? context.theme
    var shell = sampleShell(theme: theme, csrf: context.csrfToken, asset: context.asset)
    shell.path = context.request.path
    shell.flashes = context.flashes.compactMap { UI.FlashMessage($0) }
    return shell
  }
}
