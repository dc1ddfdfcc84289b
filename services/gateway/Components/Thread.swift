extension UI {
  /// Who wrote a message, which decides how it looks. An internal note is labelled in words.
  enum MessageKind: String, Sendable, CaseIterable {
    case customer, staff
    case internalNote = "internal"
  }

  struct AttachmentChip: Sendable, Hashable {
    enum State: Sendable, Hashable {
      case ready
      /// Not yet scanned; nobody can open it.
      case checking
      case refused(String)
    }
    var fileName: String
    var bytes: Int64
    var url: SafeURL
    /// A small picture of it, for images.
    var thumbnail: SafeURL?
    var state: State = .ready
  }

  enum ThreadItem: Sendable {
    /// `body` is rendered text (`UI.prose` for plain text).
    case message(
      MessageKind, author: String, photo: SafeURL?, time: HTML, body: HTML,
      attachments: [AttachmentChip], id: String)
    /// `Dana Reyes changed the priority to High`
    case event(Icon, text: HTML, time: HTML)
  }

  /// A conversation, oldest first.
  static func thread(_ items: [ThreadItem], label: String = "Conversation") -> HTML {
    let rows = items.html { item in
      switch item {
      case .message(let kind, let author, let photo, let time, let body, let attachments, let id):
        """
        <li class="message" data-kind="\(kind.rawValue)" id="\(id)">\(avatar(author, photo: photo))\
        <article aria-label="\(kind == .internalNote ? "Internal note" : "Message") by \(author)">\
        <header><strong>\(author)</strong>\(messageLabel(kind))\(time)</header>\
        <div class="prose">\(body)</div>\(attachmentList(attachments))</article></li>
        """
      case .event(let icon, let text, let time):
        """
        <li class="event"><span class="timeline-mark">\(UI.icon(icon))</span>\
        <span>\(text) \(time)</span></li>
        """
      }
    }
    return "<ol class=\"thread\" aria-label=\"\(label)\">\(rows)</ol>"
  }

  private static func messageLabel(_ kind: MessageKind) -> HTML {
    switch kind {
    case .customer: .empty
    case .staff: badge("Support", tone: .accent)
    case .internalNote:
      badge("Internal note · not visible to the customer", tone: .warning, icon: .lock)
    }
  }

  static func attachmentList(_ attachments: [AttachmentChip]) -> HTML {
    guard !attachments.isEmpty else { return .empty }
    return """
      <ul class="attachments" aria-label="Attachments">\
      \(attachments.html { "<li>\(attachment($0))</li>" })</ul>
      """
  }

  static func attachment(_ file: AttachmentChip) -> HTML {
    let isImage = ["png", "jpg", "jpeg", "gif", "webp"].contains {
      file.fileName.lowercased().hasSuffix("." + $0)
    }
    let mark: HTML =
      file.thumbnail.map { "<img src=\"\($0)\" alt=\"\" loading=\"lazy\">" }
      ?? icon(isImage ? .image : .file)
    let name: HTML = "<span class=\"clip\">\(file.fileName)</span>"
    switch file.state {
    case .ready:
      return """
        <a class="attachment" href="\(file.url)" download>\(mark)\(name)\
        <span class="quiet">\(fileSize(file.bytes))</span></a>
        """
    case .checking:
      return """
        <span class="attachment" data-off>\(mark)\(name)<span class="quiet">being checked…</span></span>
        """
    case .refused(let reason):
      return """
        <span class="attachment" data-off>\(icon(.alert))\(name)<span>\(reason)</span></span>
        """
    }
  }

  /// Plain text as typed: blank lines part paragraphs, line ends stay, https addresses become links.
  static func prose(_ text: String) -> HTML {
    text.split(separator: "\n\n").html { paragraph in
      let lines = paragraph.split(separator: "\n", omittingEmptySubsequences: false)
      return "<p>\(lines.map { linked($0) }.joined(separator: "<br>"))</p>"
    }
  }

  private static func linked(_ line: Substring) -> HTML {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    return words.map { word -> HTML in
      let trailing = String(word.reversed().prefix { ".,;:!?)".contains($0) }.reversed())
      let address = word.dropLast(trailing.count)
      guard address.hasPrefix("https://") || address.hasPrefix("http://"),
        let url = SafeURL(address)
      else { return "\(word)" }
      return "<a href=\"\(url)\" rel=\"noopener noreferrer nofollow\">\(address)</a>\(trailing)"
    }.joined(separator: " ")
  }

  /// The box to answer in. Staff choose between Public reply and Internal note; customers do not
  /// see the choice. Sends `body`, `visibility` (`public` or `internal`) and the files.
  ///
  /// - Parameter extra: more fields or buttons beside Send, such as *Mark as resolved*.
  static func composer(
    action: SafeURL, csrf: String, isStaff: Bool, draft: String, value: String = "",
    isInternal: Bool = false, error: String? = nil, fileError: String? = nil,
    limit: Int? = nil, fileLimit: String,
    maxBytes: Int64, extra: [HTML] = []
  ) -> HTML {
    let field = Field("body", isStaff ? "Reply" : "Your message", error: error)
    let choice: HTML = """
      <div class="composer-tabs" role="radiogroup" aria-label="Who can read it">\
      <label><input type="radio" name="visibility" value="public"\(flag: "checked", !isInternal)>\
      \(icon(.message))Public reply</label>\
      <label><input type="radio" name="visibility" value="internal"\(flag: "checked", isInternal)>\
      \(icon(.lock))Internal note</label></div>\
      <p class="composer-warning">\(icon(.lock))Only your team will see this note.</p>
      """
    return form(
      action: action, csrf: csrf, isUpload: true, draft: draft, style: "composer",
      body: """
        \(when: isStaff, choice)\(textArea(field, value: value, rows: 4, limit: limit))\
        \(fileField(Field("files", "Attach files", error: fileError, isOptional: true), limit: fileLimit, maxBytes: maxBytes))\
        <div class="composer-foot">\(button("Send", icon: .paperPlane))\(extra)</div>
        """)
  }
}
