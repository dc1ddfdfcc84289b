import PorticoAPI
import RPC
import Values
import WellKnown

/// A ticket as its customer sees it.
struct TicketView {
  let parts: TicketParts
  let context: PageContext
  var errors = UI.FormErrors()
  var sent: [TicketUploads.Sent] = []

  private var ticket: Ticketing.Ticket { parts.ticket }
  private func may(_ action: Ticketing.TicketAction) -> Bool {
    ticket.allowedActions.contains(action)
  }

  var html: HTML {
    """
    \(UI.printHead(house: UI.House(context.portal), title: ticket.displayID, detail: ticket.title))
    \(UI.live("head", on: [ticket.name], saying: "The ticket has changed.", UI.pageHead(ticket.title, crumbs: [("Tickets", "/tickets")], meta: meta, actions: actions)))
    \(UI.columns(main: main, aside: UI.live("facts", on: [ticket.name], aside), asideLabel: "About this ticket"))
    """
  }

  private var meta: HTML {
    """
    \(UI.ticketStage(UI.TicketStage(ticket.state), forStaff: false))\
    \(TicketColumns.priority(ticket))\(UI.copyable(ticket.displayID))\
    <span>opened \(context.time(ticket.createTime))</span>
    """
  }

  private var actions: [HTML] {
    var buttons: [HTML] = []
    if may(.resolve) {
      buttons.append(
        UI.form(
          action: "/\(ticket.name):resolve", csrf: context.csrfToken,
          body: UI.button("Mark as resolved", style: .secondary, icon: .check)))
    }
    if may(.reopen) {
      buttons.append(
        UI.form(
          action: "/\(ticket.name):reopen", csrf: context.csrfToken,
          body: UI.button("Reopen", style: .secondary, icon: .undo)))
    }
    return buttons
  }

  private var main: HTML {
    """
    \(UI.errorSummary(errors, fields: [UI.Field("body", "Your message"), UI.Field(TicketUploads.field, "Attach files")]))
    \(UI.live("thread", on: [ticket.name], UI.thread(thread, label: "Conversation")))
    \(composer)
    """
  }

  private var composer: HTML {
    guard may(.addNote) else {
      return UI.callout(.neutral, body: "<p>Nothing can be added to this ticket any more.</p>")
    }
    let closed: HTML? =
      ticket.state == .closed
      ? UI.callout(
        .info,
        body: "<p>This ticket is closed. What you write opens a new one that follows it.</p>")
      : nil
    var extra = [context.requestIDField, TicketUploads.keptFields(sent)]
    if may(.resolve) {
      extra.append(
        UI.button(
          "Send and mark as resolved", style: .secondary, name: "then", value: "resolve"))
    }
    let composer = UI.composer(
      action: "/\(ticket.name)/notes", csrf: context.csrfToken, isStaff: false,
      draft: ticket.name, value: context.form["body"], error: errors["body"],
      fileError: errors[TicketUploads.field],
      limit: 20_000, fileLimit: TicketUploads.limitText(parts.maxFileBytes),
      maxBytes: parts.maxFileBytes,
      extra: extra)
    return "\(closed)\(composer)"
  }

  // MARK: Thread

  /// What was reported, then everything since.
  private var thread: [UI.ThreadItem] {
    let report = UI.ThreadItem.message(
      ticket.source == .staff ? .staff : .customer,
      author: ticket.contactDisplayName.nonEmpty ?? ticket.accountDisplayName, photo: nil,
      time: context.time(ticket.createTime) ?? .empty,
      body: UI.prose(ticket.details.nonEmpty ?? ticket.title),
      attachments: ticket.attachments.map(UI.AttachmentChip.init), id: "report")
    return [report] + parts.notes.map(item)
  }

  private func item(_ note: Ticketing.Note) -> UI.ThreadItem {
    let time = context.time(note.createTime) ?? .empty
    guard note.kind != .event else {
      let who: HTML? = note.authorDisplayName.nonEmpty.map { "<strong>\($0)</strong> " }
      return .event(.info, text: "\(who)\(note.body)", time: time)
    }
    return .message(
      note.kind == .staff ? .staff : .customer, author: note.authorDisplayName, photo: nil,
      time: time, body: UI.prose(note.body),
      attachments: note.attachments.map(UI.AttachmentChip.init),
      id: "note-\(note.name.split(separator: "/").last ?? "")")
  }

  // MARK: Facts

  private var aside: HTML {
    """
    \(UI.card("Handling", body: UI.descriptionList(handling)))
    \(UI.card("Details", body: UI.descriptionList(details)))
    \(when: !parts.times.timeEntries.isEmpty, times)
    """
  }

  private var handling: [(term: String, value: HTML?)] {
    var facts: [(term: String, value: HTML?)] = [
      (
        "Handled by",
        UI.person(ticket.assigneeDisplayName.nonEmpty, nobody: "Nobody yet; we will assign it soon")
      ),
      ("Due", context.time(ticket.dueTime, style: .absolute)),
      ("Opened", context.time(ticket.createTime, style: .absolute)),
    ]
    if ticket.firstResponseTime != nil {
      facts.append(("First answer", context.time(ticket.firstResponseTime, style: .absolute)))
    }
    if ticket.resolveTime != nil {
      facts.append(("Resolved", context.time(ticket.resolveTime, style: .absolute)))
      facts.append(("Time taken", TicketColumns.timeTaken(ticket)))
    }
    if let follows = ticket.follows.nonEmpty {
      facts.append(("Follows", UI.link("The earlier ticket", to: "/\(follows)")))
    }
    return facts
  }

  private var details: [(term: String, value: HTML?)] {
    let issue = [ticket.issueType, ticket.subIssueType].compactMap { $0?.displayName.nonEmpty }
    return [
      ("Number", UI.copyable(ticket.displayID)),
      ("Account", UI.text(ticket.accountDisplayName)),
      ("Contact person", UI.person(ticket.contactDisplayName.nonEmpty, nobody: "Nobody")),
      ("Site", UI.text(ticket.siteDisplayName)),
      ("Category", UI.text(ticket.category?.displayName ?? "")),
      ("Type", UI.text(ticket.type?.displayName ?? "")),
      ("Issue", UI.text(issue.joined(separator: " › "))),
      ("Hardware", UI.text(ticket.hardwareAssetDisplayName)),
      ("Software", UI.text(ticket.softwareAssetDisplayName)),
    ]
  }

  private var times: HTML {
    let rows = parts.times.timeEntries.html { entry in
      """
      <li><strong>\(UI.duration(minutes: Int64(entry.minutes)))</strong> \(entry.authorDisplayName) \
      <span class="quiet">\(context.time(entry.startTime, style: .day))</span>\
      \(when: !entry.note.isEmpty, "<p>\(entry.note)</p>")</li>
      """
    }
    return UI.card(
      "Time spent",
      footer: "In total \(UI.duration(minutes: Int64(parts.times.totalMinutes)))",
      body: "<ul class=\"plain stack\">\(rows)</ul>")
  }
}

extension UI.AttachmentChip {
  init(_ attachment: Ticketing.Attachment) {
    self.init(
      fileName: attachment.fileName, bytes: attachment.sizeBytes, url: "/\(attachment.name)")
  }
}
