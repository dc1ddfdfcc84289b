/// What demo tickets are classified with, and the demo news.
enum DemoCatalogue {
  enum Kind: Sendable { case category, ticketType, priority, issueType, subIssueType }

  struct Entry: Sendable {
    var id: String
    var kind: Kind
    var displayName: String
    var rank: Int32
    var parent: String?
    var isDefault = false
  }

  static let entries: [Entry] = {
    func list(_ kind: Kind, _ items: [(String, String)], default preferred: String = "") -> [Entry]
    {
      items.enumerated().map { index, item in
        Entry(
          id: item.0, kind: kind, displayName: item.1, rank: Int32(index + 1),
          isDefault: item.0 == preferred)
      }
    }
    var entries = list(
      .category,
      [
        ("support", "Support"), ("request", "Request"), ("question", "Question"),
        ("order", "Order"),
      ],
      default: "support")
    entries += list(
      .ticketType,
      [
        ("incident", "Incident"), ("service-request", "Service request"), ("security", "Security"),
        ("question", "Question"),
      ],
      default: "incident")
    entries += list(
      .priority,
      [("urgent", "Urgent"), ("high", "High"), ("medium", "Medium"), ("low", "Low")],
      default: "medium")
    for (index, group) in issues.enumerated() {
      entries.append(
        Entry(id: group.id, kind: .issueType, displayName: group.name, rank: Int32(index + 1)))
      for (position, sub) in group.subs.enumerated() {
        entries.append(
          Entry(
            id: sub.0, kind: .subIssueType, displayName: sub.1, rank: Int32(position + 1),
            parent: group.id))
      }
    }
    return entries
  }()

  /// Ids of entries are unique over all kinds: those of a type or category carry a suffix.
  static func entryID(_ id: String, _ kind: Kind) -> String {
    switch kind {
    case .category: "category-\(id)"
    case .ticketType: "type-\(id)"
    case .priority: "priority-\(id)"
    case .issueType: "issue-\(id)"
    case .subIssueType: "sub-issue-\(id)"
    }
  }

  private static let issues: [(id: String, name: String, subs: [(String, String)])] = [
    (
      "hardware", "Hardware",
      [
        ("laptop", "Laptop"), ("monitor", "Monitor"), ("printer", "Printer or plotter"),
        ("server", "Server and power"), ("peripheral", "Peripheral"), ("tablet", "Tablet"),
      ]
    ),
    (
      "network", "Network",
      [
        ("wifi", "Wi-Fi"), ("internet", "Internet line"), ("vpn", "VPN"),
        ("telephony", "Telephony"), ("file-share", "File share"), ("sensor", "Sensors"),
      ]
    ),
    (
      "email", "E-mail and calendar",
      [
        ("phishing", "Suspicious mail"), ("delivery", "Delivery"), ("mailbox", "Mailbox"),
        ("calendar", "Calendar"),
      ]
    ),
    (
      "access", "Accounts and access",
      [
        ("password", "Password"), ("two-factor", "Two-factor"), ("permissions", "Permissions"),
        ("offboarding", "Leavers"), ("device-management", "Device management"),
      ]
    ),
    (
      "software", "Software",
      [
        ("line-of-business", "Line-of-business"), ("licence", "Licence"), ("update", "Update"),
        ("restore", "Restore"), ("office", "Office suite"), ("website", "Website"),
      ]
    ),
  ]

  struct News: Sendable {
    var id: String
    var title: String
    var summary: String
    var body: String
    /// Days before the demo's "today".
    var daysAgo: Int
    var isPinned = false
  }

  static let news: [News] = [
    News(
      id: "holiday-hours", title: "Opening hours over the holidays",
      summary:
        "We are here on all working days; between 24 December and 1 January the emergency line answers within thirty minutes.",
      body:
        "Our office closes at noon on 24 December and opens again on 2 January.\n\nTickets marked Urgent are answered within thirty minutes, day and night, also on the holidays. Everything else waits for the new year, and we will not ring you about it.\n\nThank you for a good year together.",
      daysAgo: 3, isPinned: true),
    News(
      id: "phishing-wave", title: "A wave of forged gift-card mails",
      summary:
        "Mails in the name of your director ask for gift cards. Please do not answer them, and tell us.",
      body:
        "Since Monday we have seen forged mails in the names of directors and principals at several customers. They ask for gift cards or for a mobile number.\n\nNobody at your company will ever ask for gift cards by mail. If you receive one, do not answer; raise a ticket of the type Security and we remove it from every mailbox.",
      daysAgo: 11),
    News(
      id: "new-portal", title: "Welcome to the new portal",
      summary: "Tickets, contracts, invoices and messages now live in one place.",
      body:
        "You are looking at our new customer portal. You can raise tickets with files, see who is working on them and until when, and find your contracts and invoices.\n\nIf something is missing, write to us under Messages.",
      daysAgo: 40),
    News(
      id: "backup-report", title: "Backups: 412 restores tested this quarter",
      summary:
        "We restore random files from every customer's backup each week. All tests of this quarter succeeded.",
      body:
        "A backup that was never restored is a hope. Each week we restore a random selection of files for every customer and compare them with the originals.\n\nThis quarter that made 412 restores, and all of them were complete.",
      daysAgo: 75),
  ]
}
