import NIOHTTP1

/// The lines of a request head, parsed strictly.
enum HTTP1Head {
  typealias Fault = HTTP1Parser.Fault

  static func parse(_ lines: [Substring], limits: EdgeLimits) throws(Fault) -> HTTP1Parser.Head {
    guard let first = lines.first else { throw .malformed("there is no request line") }
    let words = first.split(separator: " ", omittingEmptySubsequences: false)
    // A tab is let through in headers; in a target it would be where others see its end.
    guard words.count == 3, isToken(words[0]), !words[1].isEmpty,
      words[1].utf8.allSatisfy({ $0 > 0x20 })
    else { throw .malformed("the request line is malformed") }
    guard words[1].utf8.count <= limits.targetBytes else { throw .targetTooLong }
    guard words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      throw .malformed("the protocol version is not HTTP/1.1")
    }
    let isHTTP10 = words[2] == "HTTP/1.0"
    let headers = try fields(lines.dropFirst(), limits)
    let hosts = headers["host"]
    guard hosts.count == 1 || (isHTTP10 && hosts.isEmpty), hosts.allSatisfy(HostName.isValid) else {
      throw .malformed("exactly one valid Host header is needed")
    }
    let connection = headers[canonicalForm: "connection"].map { $0.lowercased() }
    return HTTP1Parser.Head(
      method: HTTPMethod(rawValue: String(words[0])), target: String(words[1]), headers: headers,
      isHTTP10: isHTTP10, contentLength: try length(headers, isHTTP10: isHTTP10),
      keepsAlive: isHTTP10 ? false : !connection.contains("close"),
      expectsContinue: try expectation(headers, isHTTP10: isHTTP10))
  }

  private static func fields(
    _ lines: ArraySlice<Substring>, _ limits: EdgeLimits
  ) throws(Fault) -> HTTPHeaders {
    guard lines.count <= limits.headerFields else { throw .headersTooLarge }
    var headers = HTTPHeaders()
    headers.reserveCapacity(lines.count)
    var size = 0
    for line in lines {
      // A line that starts with a blank would continue the last one (obs-fold): not a token, refused here.
      guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")), isToken(line[..<colon]) else {
        throw .malformed("a header line is malformed")
      }
      size += line.utf8.count + 32
      guard size <= limits.headerBytes else { throw .headersTooLarge }
      headers.add(
        name: line[..<colon].lowercased(),
        value: HeaderText.received(String(line[line.utf8.index(after: colon)...].trimmed)))
    }
    return headers
  }

  /// The declared length, nil for chunked, 0 when neither is there.
  private static func length(_ headers: HTTPHeaders, isHTTP10: Bool) throws(Fault) -> Int? {
    let lengths = headers["content-length"]
    let codings = headers["transfer-encoding"]
    if !codings.isEmpty {
      guard lengths.isEmpty, !isHTTP10, codings.count == 1, codings[0].lowercased() == "chunked"
      else {
        throw .malformed("Transfer-Encoding must be chunked, once, and without Content-Length")
      }
      return nil
    }
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, !text.isEmpty, text.utf8.count <= 18,
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
    else { throw .malformed("Content-Length must be one decimal number") }
    return length
  }

  private static func expectation(_ headers: HTTPHeaders, isHTTP10: Bool) throws(Fault) -> Bool {
    let expectations = headers["expect"]
    guard !expectations.isEmpty, !isHTTP10 else { return false }
    guard expectations.count == 1, expectations[0].lowercased() == "100-continue" else {
      throw .expectationFailed
    }
    return true
  }

  static func isToken(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
  }

  static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "!"), UInt8(ascii: "#"),
      UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"), UInt8(ascii: "'"),
      UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"),
      UInt8(ascii: "~"):
      true
    default: false
    }
  }
}

/// The Host header: `acme.localhost:8080`, `[::1]:8080`.
enum HostName {
  static func isValid(_ text: String) -> Bool {
    guard !text.isEmpty, text.utf8.count <= 255 else { return false }
    let (name, port) = split(text)
    guard port.map({ !$0.isEmpty && $0.utf8.count <= 5 && $0.utf8.allSatisfy(isDigit) }) ?? true
    else { return false }
    if name.hasPrefix("["), name.hasSuffix("]") {
      return name.utf8.dropFirst().dropLast().allSatisfy {
        PercentCoding.hexValue($0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
      }
    }
    return !name.isEmpty && name.utf8.allSatisfy(isNameByte)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: isDigit(byte)
    }
  }

  /// Name and port as written.
  static func split(_ text: String) -> (name: Substring, port: Substring?) {
    let bytes = text.utf8
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")),
      !bytes[colon...].contains(UInt8(ascii: "]"))
    else { return (text[...], nil) }
    return (text[..<colon], text[bytes.index(after: colon)...])
  }

  /// The name alone, lower-case.
  static func name(_ text: String) -> String {
    let name = split(text).name
    // Mostly it is all of the text, and in lower case.
    let isPlain = name.utf8.allSatisfy { $0 < 0x41 || (0x5B...0x7F).contains($0) }
    return isPlain ? String(name) : name.lowercased()
  }
}
