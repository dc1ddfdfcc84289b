import PorticoAPI
import RPC
import WellKnown

/// The parts of the staff's ticket page.
struct StaffTicketView {
  let content: StaffTicket
  let context: PageContext
  let forms: StaffTicketPage.Forms

  var ticket: Ticketing.Ticket { content.ticket }
  var url: SafeURL { "/\(ticket.name)" }

  var meta: HTML {
    let priority = ticket.priority.map {
      UI.priority($0.displayName, urgency: .init(rank: $0.rank))
    }
    let opened = context.time(ticket.createTime).map { "<span>opened \($0)</span>" as HTML }
    return """
      \(UI.ticketStage(.init(ticket.state), forStaff: true))\(priority)\
      \(UI.copyable(ticket.displayID))\(opened)
      """
  }

  /// One form whose buttons each lead to another stage, so that a second click finds the first one's etag stale.
  var stageActions: [HTML] {
    var buttons: [HTML] = []
    func button(_ title: String, _ to: String, _ icon: Icon) -> HTML {
      UI.button(title, style: .secondary, icon: icon, name: "to", value: to)
    }
    if content.may(.resolve) { buttons.append(button("Resolve", "resolved", .check)) }
    if content.may(.close) { buttons.append(button("Close", "closed", .archive)) }
    if content.may(.reopen) { buttons.append(button("Reopen", "open", .undo)) }
    if content.may(.hold) {
      let items: [HTML] = StaffTicketActions.holds
        .filter { $0.state != ticket.state }
        .map { UI.menuButton($0.title, icon: $0.icon, name: "to", value: $0.value) }
      buttons.append(UI.moreMenu(title: "Put on hold", items: items))
    }
    guard !buttons.isEmpty else { return [] }
    return [
      UI.form(
        action: "\(url):stage", csrf: context.csrfToken,
        body: "\(UI.hidden("etag", ticket.etag))\(UI.actions(buttons))")
    ]
  }

  // MARK: The thread

  var thread: HTML {
    var items: [UI.ThreadItem] = []
    if !ticket.details.isEmpty || !ticket.attachments.isEmpty {
      items.append(
        .message(
          ticket.source == .staff ? .staff : .customer, author: ticket.contactDisplayName,
          photo: nil, time: context.time(ticket.createTime) ?? .empty,
          body: UI.prose(ticket.details), attachments: ticket.attachments.map(chip), id: "details"))
    }
    items += content.notes.map(item)
    guard !items.isEmpty else {
      return UI.emptyState(
        "No messages yet",
        text: "The ticket has a title only. Ask the customer, or note what you know.",
        icon: .message)
    }
    let more: HTML? =
      content.hasMoreNotes
      ? UI.callout(
        .info, body: "<p>The thread goes on; its latest messages are not shown here.</p>")
      : nil
    return "\(UI.thread(items, label: "Thread of \(ticket.displayID)"))\(more)"
  }

  private func item(_ note: Ticketing.Note) -> UI.ThreadItem {
    let time = context.time(note.createTime) ?? .empty
    if note.kind == .event {
      // What happened by itself names nobody.
      let who: HTML? = note.authorDisplayName.nonEmpty.map { "<strong>\($0)</strong> " }
      return .event(.info, text: "\(who)\(note.body)", time: time)
    }
    let kind: UI.MessageKind =
      note.visibility == .internal ? .internalNote : note.kind == .staff ? .staff : .customer
    let id = note.name.split(separator: "/").last.map(String.init) ?? ""
    return .message(
      kind, author: note.authorDisplayName, photo: nil, time: time, body: UI.prose(note.body),
      attachments: note.attachments.map(chip), id: "note-\(id)")
  }

  private func chip(_ file: Ticketing.Attachment) -> UI.AttachmentChip {
    .init(fileName: file.fileName, bytes: file.sizeBytes, url: "/\(file.name)")
  }

  var composer: HTML {
    guard content.may(.addNote) || content.may(.addInternalNote) else { return .empty }
    let state = forms.reply
    let maxBytes = TicketUploads.maxBytes(content.settings)
    var extra: [HTML] = [
      state.requestID, TicketUploads.keptFields(forms.sent),
    ]
    if content.may(.resolve) {
      extra.append(
        UI.button(
          "Send and resolve", style: .secondary, icon: .check, name: "then", value: "resolve"))
    }
    let problems =
      [state.errors["body"], state.errors["files"]].compactMap(\.self) + state.errors.general
    return UI.composer(
      action: "\(url):reply", csrf: context.csrfToken, isStaff: true,
      draft: "staff-\(ticket.name)", value: state.text("body"),
      isInternal: state.text("visibility") == "internal",
      error: problems.isEmpty ? nil : problems.joined(separator: " "), limit: 20_000,
      fileLimit: TicketUploads.limitText(maxBytes), maxBytes: maxBytes, extra: extra)
  }

  // MARK: Facts

  var facts: HTML {
    let account = ticket.name.split(separator: "/").prefix(2).joined(separator: "/")
    func link(_ title: String, _ name: String, _ permission: Permission) -> HTML? {
      guard !title.isEmpty else { return nil }
      guard !name.isEmpty, context.may(permission) else { return "\(title)" }
      return UI.link(title, to: "/\(name)")
    }
    return UI.card(
      "Details",
      body: UI.descriptionList([
        ("Account", link(ticket.accountDisplayName, account, .accountsRead)),
        ("Contact", link(ticket.contactDisplayName, ticket.contact, .contactsRead)),
        ("Site", UI.text(ticket.siteDisplayName)),
        ("Source", sourceTitle), ("Type", UI.text(ticket.type?.displayName ?? "")),
        ("Category", UI.text(ticket.category?.displayName ?? "")), ("Issue", issue),
        ("Hardware", UI.text(ticket.hardwareAssetDisplayName)),
        ("Software", UI.text(ticket.softwareAssetDisplayName)),
        ("Last change", context.time(ticket.updateTime)),
        ("First response", context.time(ticket.firstResponseTime, style: .absolute)),
        ("Resolved", context.time(ticket.resolveTime, style: .absolute)),
        ("Closed", context.time(ticket.closeTime, style: .absolute)),
        ("Time taken", ticket.timeToResolve.map { UI.duration(minutes: max(0, $0.seconds / 60)) }),
        ("Follows", ticket.follows.isEmpty ? nil : followed),
      ]))
  }

  private var followed: HTML {
    UI.link(
      "Ticket \(ticket.follows.split(separator: "/").last.map(String.init) ?? "")",
      to: "/\(ticket.follows)")
  }

  private var issue: HTML? {
    let names = [ticket.issueType, ticket.subIssueType].compactMap { $0?.displayName }
      .filter { !$0.isEmpty }
    return UI.text(names.joined(separator: " › "))
  }

  private var sourceTitle: HTML? {
    switch ticket.source {
    case .portal: "Added in the portal"
    case .email: "Sent by e-mail"
    case .staff: "Entered by staff"
    default: nil
    }
  }
}
