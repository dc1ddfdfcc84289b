import Foundation
import Handling
import PorticoAPI
import RPC
import Store
import Values
import WellKnown

/// The wire's ticket from the domain's, as one side is shown it (D-34).
extension Ticketing.Ticket {
  init(
    _ ticket: Ticket, to viewer: Viewer, catalogue: Catalogue, assets: [String: Asset],
    attachments: [Attachment], actions: [Ticket.Action]
  ) {
    let account = "accounts/\(ticket.account)"
    let side = viewer.side
    func asset(_ id: String?) -> (name: String, displayName: String) {
      guard let id else { return ("", "") }
      return ("\(account)/assets/\(id)", assets[id]?.displayName ?? "")
    }
    func choice(_ id: String?) -> Ticketing.Choice? { id.map { .init($0, in: catalogue) } }
    let kind = ticket.classification
    let (hardware, software) = (asset(ticket.hardwareAsset), asset(ticket.softwareAsset))
    self.init(
      name: ticket.name, displayID: ticket.displayID, title: ticket.title,
      details: ticket.details, state: .init(ticket.state), source: .init(ticket.source),
      accountDisplayName: ticket.accountDisplayName,
      site: ticket.site.map { "\(account)/sites/\($0.id)" } ?? "",
      siteDisplayName: ticket.site?.displayName ?? "",
      contact: "\(account)/contacts/\(ticket.contact.id)",
      contactDisplayName: ticket.contact.displayName, category: choice(kind.category),
      type: choice(kind.type), priority: choice(kind.priority),
      issueType: choice(kind.issueType), subIssueType: choice(kind.subIssueType),
      hardwareAsset: hardware.name, hardwareAssetDisplayName: hardware.displayName,
      softwareAsset: software.name, softwareAssetDisplayName: software.displayName,
      assignee: ticket.assignee?.id ?? "",
      assigneeDisplayName: ticket.assignee?.displayName ?? "",
      dueTime: ticket.due.map { .init($0) },
      createTime: .init(ticket.created),
      updateTime: .init(side == .staff ? ticket.updated : ticket.updatedPublic),
      firstResponseTime: ticket.firstResponse.map { .init($0) },
      resolveTime: ticket.resolved.map { .init($0) }, closeTime: ticket.closed.map { .init($0) },
      timeToResolve: ticket.timeToResolve.map { .init($0) },
      noteCount: Int32(
        clamping: side == .staff
          ? ticket.publicNoteCount + ticket.internalNoteCount : ticket.publicNoteCount),
      attachments: attachments.map { .init($0, of: ticket) },
      follows: ticket.follows.map { "accounts/\($0.account)/tickets/\($0.number)" } ?? "",
      etag: "\(viewer.etag(of: ticket))", allowedActions: actions.map { .init($0) })
  }
}

extension Ticketing.Choice {
  fileprivate init(_ id: String, in catalogue: Catalogue) {
    let entry = catalogue[id]
    self.init(
      name: "catalogEntries/\(id)", displayName: entry?.displayName ?? id,
      rank: Int32(clamping: entry?.rank ?? 0))
  }
}

extension Ticketing.Attachment {
  init(_ attachment: Attachment, of ticket: Ticket) {
    self.init(
      name: "\(ticket.name)/attachments/\(attachment.id)", fileName: attachment.file.fileName,
      contentType: attachment.file.contentType, sizeBytes: attachment.file.sizeBytes,
      authorDisplayName: attachment.authorDisplayName, createTime: .init(attachment.created),
      sha256: attachment.file.sha256)
  }
}

extension Ticketing.TicketState {
  init(_ state: Ticket.State) {
    switch state {
    case .new: self = .new
    case .open: self = .open
    case .pendingCustomer: self = .pendingCustomer
    case .pendingVendor: self = .pendingVendor
    case .scheduled: self = .scheduled
    case .resolved: self = .resolved
    case .closed: self = .closed
    }
  }
}

extension Ticket.State {
  init?(_ state: Ticketing.TicketState) {
    switch state {
    case .new: self = .new
    case .open: self = .open
    case .pendingCustomer: self = .pendingCustomer
    case .pendingVendor: self = .pendingVendor
    case .scheduled: self = .scheduled
    case .resolved: self = .resolved
    case .closed: self = .closed
    default: return nil
    }
  }
}

extension Ticketing.TicketSource {
  fileprivate init(_ source: Ticket.Source) {
    switch source {
    case .portal: self = .portal
    case .email: self = .email
    case .staff: self = .staff
    }
  }
}

extension Ticketing.TicketAction {
  fileprivate init(_ action: Ticket.Action) {
    switch action {
    case .addNote: self = .addNote
    case .resolve: self = .resolve
    case .reopen: self = .reopen
    case .close: self = .close
    case .assign: self = .assign
    case .hold: self = .hold
    case .addInternalNote: self = .addInternalNote
    case .logTime: self = .logTime
    case .classify: self = .classify
    }
  }
}
