import PorticoAPI

extension UI.TicketStage {
  init(_ state: Ticketing.TicketState) {
    self =
      switch state {
      case .new: .new
      case .pendingCustomer: .waitingForCustomer
      case .pendingVendor: .waitingForVendor
      case .scheduled: .scheduled
      case .resolved: .resolved
      case .closed: .closed
      default: .open
      }
  }
}

extension UI.Urgency {
  /// Priorities are the tenant's own; rank 1 is the most urgent.
  init(rank: Int32) {
    self =
      switch rank {
      case ...1: .urgent
      case 2: .high
      case 3: .medium
      default: .low
      }
  }
}

extension UI.InvoiceStage {
  init(_ invoice: Billing.Invoice) {
    if invoice.overdue {
      self = .overdue
      return
    }
    self =
      switch invoice.state {
      case .draft: .draft
      case .partiallyPaid: .partiallyPaid
      case .paid: .paid
      case .void: .void
      case .uncollectible: .uncollectible
      default: .open
      }
  }
}
