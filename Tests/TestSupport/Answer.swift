import Foundation

/// An HTTP/1.1 answer, taken apart for looking at.
public struct Answer: Sendable {
  public let status: Int
  public let headers: [(name: String, value: String)]
  public let body: String

  public init(_ text: String) {
    let parts = text.components(separatedBy: "\r\n\r\n")
    let lines = parts[0].components(separatedBy: "\r\n")
    status = Int(lines[0].dropFirst(9).prefix(3)) ?? 0
    headers = lines.dropFirst().map { line in
      let colon = line.firstIndex(of: ":") ?? line.endIndex
      return (line[..<colon].lowercased(), String(line[colon...].dropFirst(2)))
    }
    body = parts.dropFirst().joined(separator: "\r\n\r\n")
  }

  public subscript(name: String) -> String? { headers.first { $0.name == name }?.value }
  public func cookie(_ name: String) -> String? {
    headers.lazy.filter { $0.name == "set-cookie" && $0.value.hasPrefix(name + "=") }
      .map { String($0.value.dropFirst(name.count + 1).prefix { $0 != ";" }) }.first
  }
}
