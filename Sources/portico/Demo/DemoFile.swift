import Crypto
import Foundation

/// Small real files for the demo's tickets.
struct DemoFile: Sendable {
  var name: String
  var bytes: [UInt8]

  /// A picture of 32 × 24 pixels in the demo's colour.
  static let photo = DemoFile(
    name: "photo-of-the-screen.png",
    bytes: PNG.plain(width: 32, height: 24, red: 15, green: 110, blue: 106))

  /// A page with one line of text.
  static let letter = DemoFile(
    name: "error-report.pdf", bytes: PDF.page("Error report, printed from the device"))
}

/// Writes a picture of one colour: uncompressed deflate blocks, so that no compressor is needed.
private enum PNG {
  static func plain(width: Int, height: Int, red: UInt8, green: UInt8, blue: UInt8) -> [UInt8] {
    let row: [UInt8] = [0] + Array(repeating: [red, green, blue], count: width).joined()
    let pixels: [UInt8] = Array(Array(repeating: row, count: height).joined())
    var data: [UInt8] = [0x78, 0x01, 0x01]
    data += little(pixels.count) + little(~pixels.count) + pixels + big(adler(pixels))
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", big(UInt32(width)) + big(UInt32(height)) + [8, 2, 0, 0, 0])
    file += chunk("IDAT", data)
    return file + chunk("IEND", [])
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    return big(UInt32(data.count)) + body + big(checksum(body))
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var value = UInt32.max
    for byte in bytes {
      value ^= UInt32(byte)
      for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1 }
    }
    return ~value
  }

  private static func adler(_ bytes: [UInt8]) -> UInt32 {
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return b << 16 | a
  }

  private static func big(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  private static func little(_ value: Int) -> [UInt8] {
    [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)]
  }
}

/// Writes a page with one line, with the table of offsets that readers ask for.
private enum PDF {
  static func page(_ text: String) -> [UInt8] {
    let content = "BT /F1 18 Tf 72 720 Td (\(text)) Tj ET"
    let objects = [
      "<< /Type /Catalog /Pages 2 0 R >>",
      "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        + "/Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length \(content.utf8.count) >>\nstream\n\(content)\nendstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    var file = "%PDF-1.4\n"
    var offsets: [Int] = []
    for (index, object) in objects.enumerated() {
      offsets.append(file.utf8.count)
      file += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let start = file.utf8.count
    file += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
    for offset in offsets {
      let digits = String(offset)
      file += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
    }
    file += "trailer << /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
    return Array(file.utf8)
  }
}
