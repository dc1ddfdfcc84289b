extension UI {
  /// A part of a page that is kept up to date where there is JavaScript (F-40); the page is right when it is loaded.
  ///
  /// - Parameters:
  ///   - name: once on a page.
  ///   - words: what it is about: a resource's name stands for it and all inside it, `ticket.` for every type of event
  ///     that begins so.
  ///   - saying: what a screen reader is told when the part has changed; new messages are told without.
  static func live(
    _ name: String, on words: [String], saying: String? = nil, _ body: HTML
  ) -> HTML {
    """
    <div class="live" data-live="\(name)" data-live-on="\(words.joined(separator: " "))"\
    \(attribute: "data-live-say", saying)>\(body)</div>
    """
  }
}
