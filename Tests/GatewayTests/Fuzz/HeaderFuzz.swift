import NIOHTTP1
import Values

@testable import Gateway

/// Header values that are taken apart: nothing crashes, nothing is believed that only we can have written, and what goes out
/// again is a header.
enum HeaderFuzz {
  private static let flashes = FlashCookie(secret: Array(repeating: 7, count: 32))
  private static let now = Instant(seconds: 1_772_445_600)

  static func run(_ input: [UInt8]) -> String? {
    let text = String(decoding: input, as: UTF8.self)
    return cookies(text) ?? type(text) ?? address(text) ?? disposition(text) ?? credential(text)
  }

  private static func cookies(_ text: String) -> String? {
    let cookies = Cookies([text])
    for piece in text.split(separator: ";") {
      guard let equals = piece.firstIndex(of: "=") else { continue }
      let name = String(piece[..<equals])
      if let value = cookies[name], value.utf8.contains(UInt8(ascii: ";")) {
        return "the cookie \(name) is \(value)"
      }
    }
    guard cookies[""] == nil else { return "a cookie has no name" }
    // Nobody knows the key.
    return flashes.decode(text, at: now).isEmpty ? nil : "a forged message is shown"
  }

  private static func type(_ text: String) -> String? {
    let type = MediaType(text)
    guard !type.essence.utf8.contains(where: { (0x41...0x5A).contains($0) }) else {
      return "the type is \(type.essence)"
    }
    guard let boundary = MultipartReader.boundary(text) else { return nil }
    return (1...70).contains(boundary.utf8.count) ? nil : "the boundary is \(boundary)"
  }

  private static func address(_ text: String) -> String? {
    guard let address = IPAddress(text) else { return nil }
    return IPAddress(address.description) == address ? nil : "\(text) becomes \(address)"
  }

  private static func disposition(_ text: String) -> String? {
    let header = ContentDisposition.attachment(text)
    guard HeaderText.isSafe(header), header.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      return "a file name leaves its header: \(header)"
    }
    let quotes = header.utf8.filter { $0 == UInt8(ascii: "\"") }.count
    return quotes == 2 ? nil : "a file name leaves its quotes: \(header)"
  }

  private static func credential(_ text: String) -> String? {
    var headers = HTTPHeaders()
    headers.add(name: "authorization", value: text)
    do throws(Problem) {
      guard case .apiToken(let secret)? = try Credential.bearer(headers) else { return nil }
      return text.hasSuffix(secret.reveal()) ? nil : "a token is not the one that was sent"
    } catch { return error.status == .unauthorized ? nil : "a bad token is \(error.status)" }
  }
}
