extension UI {
  /// A part of a page that is kept up to date where there is JavaScript (F-40); the page is right when it is loaded.
  ///
  /// - Parameters:
  ///   - name: once on a page.
  ///   - words: what it is about: a resource's name stands for it and all inside it, `ticket.` for every type of event
  ///     that begins so.
  ///   - every: what no event tells of is asked for anew after so many seconds.
  ///   - saying: what a screen reader is told when the part has changed; new messages are told without.
  static func live(
    _ name: String, on words: [String] = [], every seconds: Int? = nil, saying: String? = nil,
    _ body: HTML
  ) -> HTML {
    """
    <div class="live" data-live="\(name)" data-live-on="\(words.joined(separator: " "))"\
    \(attribute: "data-live-every", seconds.map { "\($0)" })\(attribute: "data-live-say", saying)>\(body)</div>
    """
  }
}
