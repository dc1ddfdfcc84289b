import Foundation
import NIOHTTP1
import PorticoAPI
import RPC
import Values

/// A page of the portal or of the console in its frame: navigation by permission, the portal's facts, unread
/// messages, the user's menu. Every page ends with it.
///
///     return await shell(context, title: "Tickets", active: "/tickets", body)
///
/// - Parameters:
///   - active: the tab that the page belongs to, where its path does not begin with the tab's.
///   - isWide: a table of the console uses the whole width; the portal has one width, so that its bar never moves.
func shell(
  _ context: PageContext, title: String, active: String? = nil, status: HTTPResponseStatus = .ok,
  isWide: Bool = false, _ body: HTML
) async -> Response {
  var frame = context.frame(active: active)
  if let early = context.unread {
    frame.unread = await early.value()
  } else {
    frame.unread = await context.unreadMessages()
  }
  var response = Response.html(
    UI.layout(
      title: title, shell: frame, isWide: isWide,
      main: "\(context.gapsNotice)\(context.readOnlyNotice)\(body)"),
    status: status)
  if status == .ok, let cookie = context.accountCookie { response.cookies.append(cookie) }
  return response
}

/// A page before login: one card under the house's name.
func authShell(
  _ context: PageContext, title: String, status: HTTPResponseStatus = .ok, _ body: HTML
) -> Response {
  .html(UI.authLayout(title: title, shell: context.frame(), main: body), status: status)
}

extension PageContext {
  /// The frame without what has to be asked for; the count of unread messages is added by `shell`.
  func frame(active: String? = nil) -> UI.Shell {
    var frame = UI.Shell(
      house: UI.House(portal), theme: theme, csrf: csrfToken, path: request.target.raw,
      asset: asset)
    frame.active = active
    frame.flashes = flashes.compactMap { UI.FlashMessage($0) }
    frame.savedDraft = flashes.first { $0.kind == .draft }?.text
    guard let session else { return frame }
    // What answers a form is not to be had again by looking at it.
    if request.isSafe { frame.liveCursor = liveCursor }
    frame.kind = session.principal.isStaff ? .console : .portal
    frame.viewer = UI.Viewer(
      id: session.principal.user, name: session.displayName, detail: viewerDetail(session))
    frame.tabs = session.principal.isStaff ? Navigation.staff(may) : Navigation.customer(may)
    frame.accounts = accounts.map { account in
      UI.AccountChoice(
        name: account.value, title: account.title, isCurrent: account.value == currentAccount)
    }
    return frame
  }

  private func viewerDetail(_ session: Session) -> String? {
    let profile = session.profile
    let account = accounts.first { $0.value == currentAccount }?.title
    let detail = session.principal.isStaff ? profile.roleDisplayName : account ?? profile.email
    return detail.isEmpty ? nil : detail
  }

  /// The number at the envelope, or nil without the permission or an answer in time: no page waits for it.
  func unreadMessages() async -> Int? {
    guard may(.messagesRead) else { return nil }
    do {
      let options = CallOptions(deadline: .after(patience))
      let mailbox = try await SilentServices.$isAskedForPart.withValue(true) {
        try await ConversationsClient(caller).getMailbox(.init(), options)
      }
      return Int(mailbox.unreadMessages)
    } catch {
      log.debug("no unread count", metadata: ["request_id": "\(request.id)", "reason": "\(error)"])
      return nil
    }
  }
}

extension Session {
  /// What the person is called on pages.
  var displayName: String {
    if !profile.displayName.isEmpty { return profile.displayName }
    return principal.displayName.isEmpty ? principal.user : principal.displayName
  }
}
