/// RFC 3986 escapes. Decoding is done once: `%252F` becomes `%2F` and stays so.
enum PercentCoding {
  /// Decodes every escape; nil for a broken escape or bytes that are not UTF-8.
  static func decode(_ text: Substring, plusIsSpace: Bool = false) -> String? {
    let hasEscapes = text.utf8.contains {
      $0 == UInt8(ascii: "%") || plusIsSpace && $0 == UInt8(ascii: "+")
    }
    return hasEscapes
      ? decode(Array(text.utf8)[...], plusIsSpace: plusIsSpace) : String(text)
  }

  static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool = false) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.popFirst().flatMap(hexValue),
          let low = rest.popFirst().flatMap(hexValue)
        else { return nil }
        out.append(high << 4 | low)
      case UInt8(ascii: "+") where plusIsSpace: out.append(0x20)
      default: out.append(byte)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  /// Decodes all escapes but those of `/`, which stay as they were sent (multi-segment variables, R-153).
  static func decodeKeepingSlashes(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var parts: [String] = []
    var rest = text
    while let range = rest.firstEscapedSlash() {
      guard let head = decode(rest[..<range.lowerBound]) else { return nil }
      parts.append(head + rest[range])
      rest = rest[range.upperBound...]
    }
    guard let tail = decode(rest) else { return nil }
    return parts.joined() + tail
  }

  /// Escapes everything outside RFC 3986's unreserved characters: safe as one path segment or query value.
  static func encode(_ text: String) -> String {
    var out = ""
    out.reserveCapacity(text.utf8.count)
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = Array("0123456789ABCDEF".unicodeScalars)
        out.unicodeScalars.append("%")
        out.unicodeScalars.append(digits[Int(byte >> 4)])
        out.unicodeScalars.append(digits[Int(byte & 15)])
      }
    }
    return out
  }

  /// No control characters: nothing that could end a header line, a log line or a C string.
  static func isPlainText(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
  }

  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

extension Substring {
  fileprivate func firstEscapedSlash() -> Range<Index>? {
    var index = startIndex
    while let percent = self[index...].firstIndex(of: "%") {
      let end = self.index(percent, offsetBy: 3, limitedBy: endIndex) ?? endIndex
      let escape = self[percent..<end]
      if escape == "%2F" || escape == "%2f" { return percent..<end }
      index = self.index(after: percent)
    }
    return nil
  }
}
