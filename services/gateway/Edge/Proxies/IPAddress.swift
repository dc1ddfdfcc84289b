import Foundation

/// An IP address. IPv4 inside IPv6 (`::ffff:192.0.2.1`) is the IPv4 address: a dual-stack socket shows clients so.
struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// Network byte order; IPv4 in the last 32 bits behind `::ffff:`.
  private let high: UInt64
  private let low: UInt64

  private static let mappedPrefix: UInt64 = 0xFFFF << 32

  /// Nil for anything but an address in one of its usual forms: no names, no octal or shortened numbers, no zone.
  init?(_ text: some StringProtocol) {
    let text = String(text)
    guard !text.utf8.contains(0) else { return nil }
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      (high, low) = (0, Self.mappedPrefix | UInt64(UInt32(bigEndian: four.s_addr)))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    (high, low) = withUnsafeBytes(of: &six) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }
  /// Bits of an address of its family.
  var width: Int { isIPv4 ? 32 : 128 }

  /// The first `length` bits of it, counted in its own family; the others are 0.
  func prefix(_ length: Int) -> IPAddress {
    let bits = isIPv4 ? length + 96 : length
    return IPAddress(
      high: high & Self.mask(min(bits, 64)), low: low & Self.mask(max(0, bits - 64)))
  }

  /// Whose connections are counted together: an IPv4 address, or the /64 that an IPv6 host has to itself.
  var site: IPAddress { isIPv4 ? self : prefix(64) }

  private static func mask(_ bits: Int) -> UInt64 { bits <= 0 ? 0 : ~0 << UInt64(64 - bits) }

  var description: String {
    if isIPv4 {
      return String(unsafeUninitializedCapacity: 15) { text in
        var count = 0
        func put(_ byte: UInt8) {
          text[count] = byte
          count += 1
        }
        for shift in stride(from: 24, through: 0, by: -8) {
          if count > 0 { put(UInt8(ascii: ".")) }
          let number = UInt8(truncatingIfNeeded: low >> UInt64(shift))
          if number >= 100 { put(UInt8(ascii: "0") + number / 100) }
          if number >= 10 { put(UInt8(ascii: "0") + number / 10 % 10) }
          put(UInt8(ascii: "0") + number % 10)
        }
        return count
      }
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    var six = in6_addr()
    withUnsafeMutableBytes(of: &six) { bytes in
      bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
      bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
    }
    inet_ntop(AF_INET6, &six, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// Addresses that begin alike, `10.0.0.0/8`, `fd00::/8`; one address alone is `192.0.2.1`.
public struct AddressRange: Sendable, Hashable {
  private let start: IPAddress
  private let length: Int

  /// Nil for what is no range. Bits beyond the length must be 0, so that a slip of the pen is not a larger range.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(first) else { return nil }
    start = address
    guard parts.count == 2 else {
      length = address.width
      return
    }
    guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]),
      length <= address.width, address.prefix(length) == address
    else { return nil }
    self.length = length
  }

  func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == start.isIPv4 && address.prefix(length) == start
  }
}
