extension UI {
  /// A short word with a tone. The word carries the meaning; colour and icon repeat it.
  static func badge(_ text: String, tone: Tone = .neutral, icon: Icon? = nil) -> HTML {
    """
    <span class="badge" data-tone="\(tone.rawValue)">\(icon.map { UI.icon($0) })\(text)</span>
    """
  }

  /// The stage of a ticket, as the pages show it.
  enum TicketStage: String, Sendable, CaseIterable {
    case new, open, waitingForCustomer, waitingForVendor, scheduled, resolved, closed

    /// In the words of the viewer: a customer is not told "waiting for customer".
    func title(forStaff isStaff: Bool) -> String {
      switch self {
      case .new: "New"
      case .open: "Open"
      case .waitingForCustomer: isStaff ? "Waiting for customer" : "Waiting for you"
      case .waitingForVendor: "Waiting for vendor"
      case .scheduled: "Scheduled"
      case .resolved: "Resolved"
      case .closed: "Closed"
      }
    }
    var tone: Tone {
      switch self {
      case .new: .accent
      case .open: .info
      case .waitingForCustomer: .warning
      case .waitingForVendor, .scheduled, .closed: .neutral
      case .resolved: .success
      }
    }
    var icon: Icon {
      switch self {
      case .new: .stateNew
      case .open: .stateOpen
      case .waitingForCustomer, .waitingForVendor: .statePending
      case .scheduled: .calendar
      case .resolved: .stateResolved
      case .closed: .stateClosed
      }
    }
  }

  static func ticketStage(_ stage: TicketStage, forStaff isStaff: Bool = false) -> HTML {
    (isStaff ? stagesForStaff : stagesForCustomers)[stage] ?? .empty
  }

  private static let stagesForStaff = stages(forStaff: true)
  private static let stagesForCustomers = stages(forStaff: false)

  private static func stages(forStaff isStaff: Bool) -> [TicketStage: HTML] {
    Dictionary(
      uniqueKeysWithValues: TicketStage.allCases.map {
        ($0, badge($0.title(forStaff: isStaff), tone: $0.tone, icon: $0.icon))
      })
  }

  enum Urgency: String, Sendable, CaseIterable {
    case low, medium, high, urgent

    var icon: Icon {
      switch self {
      case .low: .priorityLow
      case .medium: .priorityMedium
      case .high: .priorityHigh
      case .urgent: .priorityUrgent
      }
    }
  }

  /// Bars and the tenant's own name for the priority.
  static func priority(_ title: String, urgency: Urgency) -> HTML {
    """
    <span class="priority" data-urgency="\(urgency.rawValue)">\(icon(urgency.icon))\(title)</span>
    """
  }

  /// What an invoice is, overdue included, which is derived and never stored (D-08).
  enum InvoiceStage: String, Sendable, CaseIterable {
    case draft, open, partiallyPaid, overdue, paid, void, uncollectible

    var title: String {
      switch self {
      case .draft: "Draft"
      case .open: "Open"
      case .partiallyPaid: "Partly paid"
      case .overdue: "Overdue"
      case .paid: "Paid"
      case .void: "Void"
      case .uncollectible: "Uncollectible"
      }
    }
    var tone: Tone {
      switch self {
      case .draft, .void, .uncollectible: .neutral
      case .open: .info
      case .partiallyPaid: .warning
      case .overdue: .danger
      case .paid: .success
      }
    }
  }

  static func invoiceStage(_ stage: InvoiceStage) -> HTML {
    badge(stage.title, tone: stage.tone, icon: stage == .overdue ? .alert : nil)
  }

  /// A photo, or the initials on one of eight hues that the name decides.
  static func avatar(_ name: String, photo: SafeURL? = nil, isLarge: Bool = false) -> HTML {
    if let photo {
      return "<img class=\"avatar\" src=\"\(photo)\" alt=\"\"\(flag: "data-large", isLarge)>"
    }
    let words = name.split(separator: " ").filter { $0.first?.isLetter == true }
    let initials = [words.first, words.count > 1 ? words.last : nil].compactMap { $0?.first }
    let hue = name.unicodeScalars.reduce(UInt32(7)) { ($0 &* 31) &+ $1.value } % 8
    return """
      <span class="avatar" data-hue="\(hue)" aria-hidden="true"\(flag: "data-large", isLarge)>\
      \(initials.isEmpty ? "?" : String(initials).uppercased())</span>
      """
  }

  /// An avatar with the name beside it, or the word for nobody.
  static func person(_ name: String?, photo: SafeURL? = nil, nobody: String = "Unassigned") -> HTML
  {
    guard let name else { return "<span class=\"person quiet\">\(nobody)</span>" }
    return
      "<span class=\"person\">\(avatar(name, photo: photo))<span>\(breakable(name))</span></span>"
  }
}
