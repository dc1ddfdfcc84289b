/// Decimal numbers as text: their grammar, and exact conversion to the integer types.
enum JSONNumber {
  /// The index after the number that starts the slice, nil if none does.
  static func end(of bytes: ArraySlice<UInt8>) -> Int? {
    var at = bytes.startIndex
    func isDigit(_ index: Int) -> Bool {
      index < bytes.endIndex && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
    }
    func skipDigits() -> Bool {
      guard isDigit(at) else { return false }
      while isDigit(at) { at += 1 }
      return true
    }
    func has(_ byte: UInt8) -> Bool { at < bytes.endIndex && bytes[at] == byte }

    if has(UInt8(ascii: "-")) { at += 1 }
    if has(UInt8(ascii: "0")) { at += 1 } else if !skipDigits() { return nil }
    if isDigit(at) { return nil }
    if has(UInt8(ascii: ".")) {
      at += 1
      if !skipDigits() { return nil }
    }
    if has(UInt8(ascii: "e")) || has(UInt8(ascii: "E")) {
      at += 1
      if has(UInt8(ascii: "+")) || has(UInt8(ascii: "-")) { at += 1 }
      if !skipDigits() { return nil }
    }
    return at
  }

  /// Whether the whole text is one number.
  static func isNumber(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return bytes.count <= 128 && end(of: bytes[...]) == bytes.endIndex
  }

  /// The integer that a number of JSON's grammar is, exactly: `1e3` is 1000, `1.50` is nothing.
  /// Nil when it is not integral or out of range.
  static func integer<T: FixedWidthInteger>(_ text: String, as type: T.Type = T.self) -> T? {
    guard isNumber(text) else { return nil }
    let isNegative = text.hasPrefix("-")
    let unsigned = isNegative ? text.dropFirst() : text[...]
    let exponentAt = unsigned.firstIndex { $0 == "e" || $0 == "E" } ?? unsigned.endIndex
    let mantissa = unsigned[..<exponentAt]
    let exponentText = unsigned[exponentAt...].dropFirst()
    let point = mantissa.firstIndex(of: ".") ?? mantissa.endIndex
    var digits = Array(mantissa[..<point].utf8)
    let fraction = Array(mantissa[point...].dropFirst().utf8)
    digits += fraction
    digits = Array(digits.drop { $0 == UInt8(ascii: "0") })
    guard !digits.isEmpty else { return 0 }
    // An exponent beyond this cannot give an integer of 64 bits from 128 characters of digits.
    guard var exponent = exponentText.isEmpty ? 0 : Int(exponentText),
      (-1000...1000).contains(exponent)
    else {
      return nil
    }
    exponent -= fraction.count
    while exponent < 0, digits.last == UInt8(ascii: "0") {
      digits.removeLast()
      exponent += 1
    }
    guard exponent >= 0, digits.count + exponent <= 20 else { return nil }
    digits += Array(repeating: UInt8(ascii: "0"), count: exponent)
    return T((isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self))
  }

  /// The nearest double; nil for what is no number or overflows.
  static func double(_ text: String) -> Double? {
    guard isNumber(text), let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The nearest float; nil for what is no number or overflows.
  static func float(_ text: String) -> Float? {
    guard isNumber(text), let value = Float(text), value.isFinite else { return nil }
    return value
  }
}
