/// The icons, drawn for this project on a 16 × 16 grid with 1.5 strokes. They stand in the page
/// itself (about 150 bytes each): no request, no flash, and they take the colour of their text.
enum Icon: String, CaseIterable, Sendable {
  case alert, archive, arrowLeft, arrowRight, attach, bell, book, calendar, check, chevronDown
  case chevronRight, close, clock, contract, copy, download, edit, external, file, filter, help
  case home, image, inbox, info, invoice, link, lock, logOut, mail, menu, message, monitor, moon
  case more, news, paperPlane, phone, plus, project, refresh, search, settings, sort, sortDown
  case sortUp, star, sun, ticket, trash, undo, upload, user, users, wrench
  case stateNew, stateOpen, statePending, stateResolved, stateClosed
  case priorityLow, priorityMedium, priorityHigh, priorityUrgent

  /// The drawing inside the `<svg>`.
  var shape: HTML {
    switch self {
    case .alert: "<path d=\"M8 2 1.5 13.5h13zM8 6.5v3M8 11.7v.1\"/>"
    case .archive: "<path d=\"M2 3h12v3H2zM3 6v7h10V6M6.5 9h3\"/>"
    case .arrowLeft: "<path d=\"M13 8H3m4-4L3 8l4 4\"/>"
    case .arrowRight: "<path d=\"M3 8h10M9 4l4 4-4 4\"/>"
    case .attach:
      "<path d=\"m13 7-5.5 5.5a3 3 0 0 1-4.3-4.3L9 2.5a2 2 0 0 1 2.9 2.9L6.3 11a1 1 0 0 1-1.4-1.4L10 4.5\"/>"
    case .bell: "<path d=\"M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8zM6.7 14.5h2.6\"/>"
    case .book:
      "<path d=\"M8 4C6.5 2.8 4.5 2.5 2 2.5v10c2.5 0 4.5.3 6 1.5 1.5-1.2 3.5-1.5 6-1.5v-10c-2.5 0-4.5.3-6 1.5zv10\"/>"
    case .calendar: "<path d=\"M2.5 3.5h11v10h-11zM2.5 6.5h11M5.5 2v3M10.5 2v3\"/>"
    case .check: "<path d=\"m3 8.5 3.5 3.5L13 4.5\"/>"
    case .chevronDown: "<path d=\"m4 6 4 4 4-4\"/>"
    case .chevronRight: "<path d=\"m6 4 4 4-4 4\"/>"
    case .close: "<path d=\"m4 4 8 8m0-8-8 8\"/>"
    case .clock: "<circle cx=\"8\" cy=\"8\" r=\"6\"/><path d=\"M8 4.5V8l2.5 1.5\"/>"
    case .contract:
      "<path d=\"M3.5 1.5h6l3 3v10h-9zM6 7h4M6 10h2\"/><path d=\"m8.5 12.5 1-1.5 1 1 1-1.5\"/>"
    case .copy: "<path d=\"M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3\"/>"
    case .download: "<path d=\"M8 2v8m-3.5-3.5L8 10l3.5-3.5M2.5 13.5h11\"/>"
    case .edit: "<path d=\"m10.5 3 2.5 2.5-7.5 7.5H3v-2.5z\"/>"
    case .external: "<path d=\"M9 2.5h4.5V7M13.5 2.5 7 9M11.5 9.5v4h-9v-9h4\"/>"
    case .file: "<path d=\"M3.5 1.5h6l3 3v10h-9zM9.5 1.5v3h3\"/>"
    case .filter: "<path d=\"M2 4h12M4.5 8h7M6.5 12h3\"/>"
    case .help:
      "<circle cx=\"8\" cy=\"8\" r=\"6\"/><path d=\"M6.3 6.3a1.7 1.7 0 1 1 2.5 1.5c-.6.3-.8.7-.8 1.2M8 11.2v.1\"/>"
    case .home: "<path d=\"m2 7.5 6-5 6 5M3.5 6.5v7h9v-7M6.5 13.5v-4h3v4\"/>"
    case .image:
      "<path d=\"M2 3h12v10H2zm0 8 3.5-3.5 2.5 2.5 2-2 4 4\"/><circle cx=\"10.5\" cy=\"5.8\" r=\".8\"/>"
    case .inbox: "<path d=\"m2 9 2-6h8l2 6v4H2zh3.5l1 2h3l1-2H14\"/>"
    case .info: "<circle cx=\"8\" cy=\"8\" r=\"6\"/><path d=\"M8 7.5v3.5M8 5v.1\"/>"
    case .invoice:
      "<path d=\"M3 1.5h10v13l-1.7-1-1.6 1-1.7-1-1.7 1-1.6-1-1.7 1zM5.5 5h5M5.5 8h5\"/>"
    case .link:
      "<path d=\"m6.5 9.5 3-3M7.5 4.5 9 3a2.8 2.8 0 0 1 4 4l-1.5 1.5M8.5 11.5 7 13a2.8 2.8 0 0 1-4-4l1.5-1.5\"/>"
    case .lock: "<path d=\"M3.5 7h9v6.5h-9zM5.5 7V5a2.5 2.5 0 0 1 5 0v2\"/>"
    case .logOut: "<path d=\"M6 2.5H2.5v11H6M6.5 8h7m-3-3 3 3-3 3\"/>"
    case .mail: "<path d=\"M1.5 3.5h13v9h-13zm0 1L8 9l6.5-4.5\"/>"
    case .menu: "<path d=\"M2 4.5h12M2 8h12M2 11.5h12\"/>"
    case .message: "<path d=\"M2 3h12v8.5H7L4 14v-2.5H2z\"/>"
    case .monitor: "<path d=\"M2 3h12v8H2zM5.5 13.5h5M8 11v2.5\"/>"
    case .moon: "<path d=\"M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z\"/>"
    case .more: "<path d=\"M3.5 8h.1M8 8h.1M12.5 8h.1\" stroke-width=\"2.2\"/>"
    case .news:
      "<path d=\"M2 3h9.5v10H3.5A1.5 1.5 0 0 1 2 11.5zM11.5 6H14v5.5a1.5 1.5 0 0 1-1.5 1.5M4.5 6h4.5M4.5 8.5h4.5\"/>"
    case .paperPlane: "<path d=\"m14 2-6 12-1.5-5.5L2 6.5zM6.5 8.5 14 2\"/>"
    case .phone:
      "<path d=\"M3 2.5h2.5l1 3L5 7a8 8 0 0 0 4 4l1.5-1.5 3 1V13c0 .5-.5 1-1 1A11 11 0 0 1 2 3.5c0-.5.5-1 1-1z\"/>"
    case .plus: "<path d=\"M8 3v10M3 8h10\"/>"
    case .project: "<path d=\"M2.5 2.5h3v11h-3zM6.7 2.5h3v7h-3zM10.9 2.5h3v9h-3z\"/>"
    case .refresh: "<path d=\"M13.5 8a5.5 5.5 0 1 1-1.7-4L13.5 5.5V2M13.5 5.5H10\"/>"
    case .search: "<circle cx=\"7\" cy=\"7\" r=\"4.5\"/><path d=\"m10.5 10.5 3.5 3.5\"/>"
    case .settings:
      "<path d=\"M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6\"/><circle cx=\"10\" cy=\"4.5\" r=\"2\"/><circle cx=\"6\" cy=\"11.5\" r=\"2\"/>"
    case .sort: "<path d=\"m5 6.5 3-3 3 3M5 9.5l3 3 3-3\"/>"
    case .sortDown: "<path d=\"M8 3v10m-3.5-3.5L8 13l3.5-3.5\"/>"
    case .sortUp: "<path d=\"M8 13V3M4.5 6.5 8 3l3.5 3.5\"/>"
    case .star: "<path d=\"m8 2 1.8 3.8 4.2.6-3 3 .7 4.2L8 11.6l-3.7 2 .7-4.2-3-3 4.2-.6z\"/>"
    case .sun:
      "<circle cx=\"8\" cy=\"8\" r=\"3\"/><path d=\"M8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1\"/>"
    case .ticket:
      "<path d=\"M1.5 4h13v2.5a1.5 1.5 0 0 0 0 3V12h-13V9.5a1.5 1.5 0 0 0 0-3zM9.5 4v1.5M9.5 7.3v1.4M9.5 10.5V12\"/>"
    case .trash: "<path d=\"M2.5 4h11M6 4V2.5h4V4M4 4l.5 9.5h7L12 4M6.7 6.5v4.5M9.3 6.5v4.5\"/>"
    case .undo: "<path d=\"M5.5 3 2.5 6l3 3M2.5 6H9a4 4 0 0 1 0 8H6\"/>"
    case .upload: "<path d=\"M8 10V2M4.5 5.5 8 2l3.5 3.5M2.5 13.5h11\"/>"
    case .user:
      "<circle cx=\"8\" cy=\"5\" r=\"3\"/><path d=\"M2.5 14c.5-3 2.5-4.5 5.5-4.5s5 1.5 5.5 4.5\"/>"
    case .users:
      "<circle cx=\"6\" cy=\"5.5\" r=\"2.5\"/><path d=\"M1.5 13.5c.4-2.6 2-4 4.5-4s4.1 1.4 4.5 4M10.5 3.2a2.5 2.5 0 0 1 0 4.6M12 9.8c1.4.6 2.2 1.9 2.5 3.7\"/>"
    case .wrench:
      "<path d=\"M10.5 2a3.5 3.5 0 0 0-3.3 4.7L2 12l2 2 5.3-5.2A3.5 3.5 0 0 0 13.8 4.2L11.5 6.5l-2-2 2.3-2.3c-.4-.1-.9-.2-1.3-.2z\"/>"
    case .stateNew: "<circle cx=\"8\" cy=\"8\" r=\"5.5\" stroke-dasharray=\"2.3 2.02\"/>"
    case .stateOpen:
      "<circle cx=\"8\" cy=\"8\" r=\"5.5\"/><path d=\"M8 4.8a3.2 3.2 0 0 1 0 6.4z\" fill=\"currentColor\" stroke=\"none\"/>"
    case .statePending: "<circle cx=\"8\" cy=\"8\" r=\"5.5\"/><path d=\"M6.5 6v4M9.5 6v4\"/>"
    case .stateResolved:
      "<circle cx=\"8\" cy=\"8\" r=\"5.5\"/><path d=\"m5.5 8.2 1.8 1.8 3.2-3.6\"/>"
    case .stateClosed:
      "<circle cx=\"8\" cy=\"8\" r=\"6.2\" fill=\"currentColor\" stroke=\"none\"/><path d=\"m5.5 8.2 1.8 1.8 3.2-3.6\" class=\"knock\"/>"
    case .priorityLow:
      "<path d=\"M3.5 13v-2.5\" stroke-width=\"2.4\"/><path d=\"M8 13V7.5M12.5 13V4.5\" stroke-width=\"2.4\" opacity=\".3\"/>"
    case .priorityMedium:
      "<path d=\"M3.5 13v-2.5M8 13V7.5\" stroke-width=\"2.4\"/><path d=\"M12.5 13V4.5\" stroke-width=\"2.4\" opacity=\".3\"/>"
    case .priorityHigh: "<path d=\"M3.5 13v-2.5M8 13V7.5M12.5 13V4.5\" stroke-width=\"2.4\"/>"
    case .priorityUrgent:
      "<path d=\"M3 2h10v12H3z\" fill=\"currentColor\"/><path d=\"M8 5v3.5M8 11v.1\" class=\"knock\" stroke-width=\"2\"/>"
    }
  }
}

extension UI {
  /// An icon beside a text (`label` nil: hidden from screen readers), or one that stands alone and
  /// is read out as `label`.
  static func icon(_ icon: Icon, label: String) -> HTML {
    // The label is also what a pointer is told.
    svg(
      icon, " role=\"img\"\(attribute: "aria-label", label)", title: "<title>\(label)</title>")
  }

  /// A page has a hundred of them: each is made once.
  static func icon(_ icon: Icon) -> HTML { silent[icon] ?? .empty }

  private static let silent = Dictionary(
    uniqueKeysWithValues: Icon.allCases.map { ($0, svg($0, " aria-hidden=\"true\"")) })

  private static func svg(_ icon: Icon, _ attributes: HTML, title: HTML = .empty) -> HTML {
    var html = HTML(trusted: "<svg class=\"icon\" viewBox=\"0 0 16 16\"")
    html += attributes
    html.append(">")
    html += title
    html += icon.shape
    html.append("</svg>")
    return html
  }
}
