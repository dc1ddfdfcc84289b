import Handling
import PorticoAPI
import RPC
import Store

/// What changes here, and who may be told of it.
extension EventType {
  /// A draft, which customers do not see.
  static let invoiceCreated = EventType("invoice.created", forStaffWith: .invoicesRead)
  static let invoiceIssued = EventType("invoice.issued", for: .invoicesRead)
  static let invoiceVoided = EventType("invoice.voided", for: .invoicesRead)
  static let invoiceWrittenOff = EventType("invoice.written_off", for: .invoicesRead)
  static let invoicePaymentRecorded = EventType("invoice.payment_recorded", for: .invoicesRead)
  static let contractCreated = EventType("contract.created", for: .contractsRead)
}

extension BillingService {
  public static let eventTypes: [EventType] = [
    .invoiceCreated, .invoiceIssued, .invoiceVoided, .invoiceWrittenOff, .invoicePaymentRecorded,
    .contractCreated,
  ]
}
