import Foundation

/// A tenant's colour, made fit for both themes: whatever the tenant picks, text in it and on it keeps
/// a contrast of 4.5:1 (U-21).
struct Brand: Sendable, Hashable {
  let color: RGB

  /// From `#3854c8`; nil for anything else.
  init?(hex: String) {
    guard let color = RGB(hex: hex) else { return nil }
    self.color = color
  }

  /// The stylesheet that puts the brand in place of Portico's accent: four custom properties.
  var css: String {
    // Text in the accent stands on its own tint and on every surface; the hardest are --sunken in the
    // light theme and --hover in the dark one.
    let lightSoft = color.mixed(with: .white, share: 0.9)
    let darkSoft = color.mixed(with: RGB(0x1A, 0x1B, 0x1E), share: 0.75)
    let lightGrounds = [lightSoft, RGB(0xF1, 0xF1, 0xEE)]
    let darkGrounds = [darkSoft, RGB(0x23, 0x24, 0x28)]
    let lightInk = color.moved(towards: .black) { ink in
      lightGrounds.allSatisfy { ink.contrast(to: $0) >= 4.5 }
    }
    let darkInk = color.moved(towards: .white) { ink in
      darkGrounds.allSatisfy { ink.contrast(to: $0) >= 4.5 }
    }
    let on: RGB = color.contrast(to: .white) >= 4.5 ? .white : RGB(0x11, 0x12, 0x14)
    let solid = color.moved(towards: on == .white ? .black : .white) { $0.contrast(to: on) >= 4.5 }
    return """
      @layer tokens {
        :root {
          --accent-solid: \(solid);
          --accent-on: \(on);
          --accent-ink: light-dark(\(lightInk), \(darkInk));
          --accent-soft: light-dark(\(lightSoft), \(darkSoft));
        }
      }

      """
  }

  struct RGB: Sendable, Hashable, CustomStringConvertible {
    var red, green, blue: UInt8

    static let white = RGB(255, 255, 255)
    static let black = RGB(0, 0, 0)

    init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    init?(hex: String) {
      let digits = hex.utf8.dropFirst()
      let isHex = digits.allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
      guard hex.first == "#", digits.count == 6, isHex,
        let value = UInt32(hex.dropFirst(), radix: 16)
      else { return nil }
      self.init(
        UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8),
        UInt8(truncatingIfNeeded: value))
    }

    var description: String {
      let value = UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue)
      let digits = String(value, radix: 16)
      return "#" + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// Relative luminance by WCAG 2.2, 0 to 1.
    var luminance: Double {
      func linear(_ channel: UInt8) -> Double {
        let value = Double(channel) / 255
        return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
      }
      return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// 1 to 21.
    func contrast(to other: RGB) -> Double {
      let (a, b) = (luminance, other.luminance)
      return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /// `share` 0 is this colour, 1 the other.
    func mixed(with other: RGB, share: Double) -> RGB {
      func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
        UInt8((Double(a) * (1 - share) + Double(b) * share).rounded())
      }
      return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
    }

    /// The nearest mix towards `end` that satisfies the condition; `end` itself if none does.
    func moved(towards end: RGB, until isEnough: (RGB) -> Bool) -> RGB {
      for step in 0...40 {
        let mix = mixed(with: end, share: Double(step) / 40)
        if isEnough(mix) { return mix }
      }
      return end
    }
  }
}
