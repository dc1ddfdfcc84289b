import Foundation
import Values

/// A demand for payment: what it asks for, and what became of it. Money is exact, in one currency.
struct Invoice: Sendable, Hashable {
  var id: String
  var account: String
  var accountDisplayName: String
  /// The account's, in which its days begin and end.
  var timeZone: TimeZone
  var currency: Currency
  /// Given at issue; a draft has none.
  var number: String?
  var phase: Phase
  var purchaseOrder: String
  var from: Party
  var to: Party
  var invoiceDate: CivilDate?
  var dueDate: CivilDate
  var salesRepresentative: String
  var project: String
  var notes: String
  var lines: [Line]
  var discount: Money
  var payments: [Payment]
  var totals: InvoiceTotals
  var issued: Instant?
  var created: Instant
  var version: Int64

  /// What was decided about it. Whether it is paid or overdue follows from payments and dates.
  enum Phase: String, Sendable, Hashable { case draft, issued, void, uncollectible }

  struct Party: Sendable, Hashable {
    var displayName = ""
    var address = ""
    var taxNumber = ""
  }

  struct Line: Sendable, Hashable {
    var description: String
    var quantityThousandths: Int64
    var unitPrice: Money
    /// Thousandths of a per cent.
    var taxRateThousandths: Int32
    var net: Money
  }

  struct Payment: Sendable, Hashable {
    var id: String
    var amount: Money
    var date: CivilDate
    var method: String
    var reference: String
  }

  enum State: Sendable, Hashable { case draft, issued, partiallyPaid, paid, void, uncollectible }
}

extension Invoice {
  /// More minor units than this in one amount are a slip of the hand; below it, sums over all the
  /// invoices of a tenant stay within 64 bits.
  static let largestAmount: Int64 = 10_000_000_000_000
}

enum InvoiceError: Error, Hashable {
  case notDraft
  case noLines
  case notIssued
  case alreadyPaidOn
  case nothingDue
  case tooMuch(due: Money)
  case discountTooLarge
  case negativeTotal
  case notPositive
  case otherCurrency(String)
  case amount(MoneyError)
}

extension Invoice {
  var paid: Money {
    get throws(InvoiceError) {
      try exact { () throws(MoneyError) in try payments.map(\.amount).sum(in: currency) }
    }
  }

  /// Grand total less what was paid (D-06); nothing is due on a draft or a void invoice.
  var due: Money {
    get throws(InvoiceError) {
      guard phase == .issued || phase == .uncollectible else { return .zero(currency) }
      let paid = try paid
      return try exact { () throws(MoneyError) in try totals.grandTotal.subtracting(paid) }
    }
  }

  /// The one place where the state is worked out (D-08).
  var state: State {
    get throws(InvoiceError) {
      switch phase {
      case .draft: .draft
      case .void: .void
      case .issued, .uncollectible:
        if try due.minorUnits <= 0 {
          .paid
        } else if phase == .uncollectible {
          .uncollectible
        } else {
          try paid.isZero ? .issued : .partiallyPaid
        }
      }
    }
  }

  /// Something is due and its day has passed on the account's calendar.
  func isOverdue(today: CivilDate) throws(InvoiceError) -> Bool {
    let rest = try due
    return phase == .issued && rest.minorUnits > 0 && dueDate < today
  }

  /// Asked before a number is taken, so that a refusal leaves no gap.
  func checkIssue() throws(InvoiceError) {
    guard phase == .draft else { throw .notDraft }
    guard !lines.isEmpty else { throw .noLines }
    guard !totals.grandTotal.isNegative else { throw .negativeTotal }
  }

  mutating func issue(number: String, on date: CivilDate, at time: Instant) throws(InvoiceError) {
    try checkIssue()
    self.number = number
    invoiceDate = invoiceDate ?? date
    issued = time
    phase = .issued
  }

  mutating func void() throws(InvoiceError) {
    guard phase == .issued || phase == .uncollectible else { throw .notIssued }
    guard payments.isEmpty else { throw .alreadyPaidOn }
    phase = .void
  }

  mutating func writeOff() throws(InvoiceError) {
    guard phase == .issued else { throw .notIssued }
    let rest = try due
    guard rest.minorUnits > 0 else { throw .nothingDue }
    phase = .uncollectible
  }

  mutating func record(_ payment: Payment) throws(InvoiceError) {
    guard phase == .issued || phase == .uncollectible else { throw .notIssued }
    guard payment.amount.currency == currency else { throw .otherCurrency(currency.code) }
    guard payment.amount.minorUnits > 0 else { throw .notPositive }
    let due = try due
    guard due.minorUnits > 0 else { throw .nothingDue }
    guard payment.amount.minorUnits <= due.minorUnits else { throw .tooMuch(due: due) }
    payments.append(payment)
  }
}

func exact<T>(_ body: () throws(MoneyError) -> T) throws(InvoiceError) -> T {
  do { return try body() } catch { throw .amount(error) }
}
