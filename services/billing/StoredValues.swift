import Foundation
import Store
import Values

/// Reading back what billing's own rows hold; anything else is damage.
extension Currency {
  init?(stored code: String?) throws {
    guard let code else { return nil }
    guard let currency = Currency(code) else { throw StoreError.corrupt("currency \(code)") }
    self = currency
  }
}

extension Currency? {
  /// The currency of a row that has an amount.
  var known: Currency {
    get throws {
      guard let self else { throw StoreError.corrupt("an amount without a currency") }
      return self
    }
  }
}

extension TimeZone {
  init(stored identifier: String) throws {
    guard let zone = TimeZone(identifier: identifier) else {
      throw StoreError.corrupt("time zone \(identifier)")
    }
    self = zone
  }
}
