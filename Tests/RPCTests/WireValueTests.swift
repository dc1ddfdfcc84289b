import Testing
import WellKnown

@testable import RPC

@Suite struct WireValueTests {
  @Test(
    "R-017 timeouts: one to eight digits and a unit",
    arguments: [
      ("1S", Duration.seconds(1)), ("250m", .milliseconds(250)), ("7u", .microseconds(7)),
      ("9n", .nanoseconds(9)), ("2M", .seconds(120)), ("3H", .seconds(10_800)), ("0n", .zero),
      ("00000001S", .seconds(1)),
    ])
  func timeout(text: String, expected: Duration) {
    #expect(Timeout.parse(text.utf8) == expected)
  }

  @Test("R-017 a long timeout saturates instead of overflowing")
  func longTimeout() throws {
    let parsed = try #require(Timeout.parse("99999999H".utf8))
    #expect(parsed == .nanoseconds(Int64.max))
    #expect(Deadline.after(parsed).remaining > .seconds(3600 * 24 * 365))
  }

  @Test(
    "R-017 what is no timeout is refused",
    arguments: ["", "S", "1", "123456789S", "-1S", "1s", "1 S", "1.5S", "١S", "+1S"])
  func badTimeout(text: String) {
    #expect(Timeout.parse(text.utf8) == nil)
  }

  @Test(
    "R-060 the finest unit with eight digits, never longer than what is left",
    arguments: [
      (Duration.nanoseconds(99_999_999), "99999999n"), (.nanoseconds(100_000_999), "100000u"),
      (.seconds(100), "100000m"), (.seconds(100_000), "100000S"), (.zero, "0n"),
      (.seconds(-5), "0n"),
    ])
  func format(duration: Duration, expected: String) {
    #expect(Timeout.format(duration) == expected)
  }

  @Test(
    "R-007 grpc-message survives the round trip",
    arguments: ["", "plain", "100 %", "a\r\nb\0c", "Grüße, 世界 🎉", "%41", "~ !"])
  func percent(text: String) {
    let wire = PercentEncoding.encode(text)
    #expect(wire.utf8.allSatisfy { (0x20...0x7E).contains($0) })
    #expect(PercentEncoding.decode(wire) == text)
  }

  @Test("R-007 hexadecimal digits are upper case; R-064 broken encoding keeps the message")
  func percentDetails() {
    #expect(PercentEncoding.encode("ü%") == "%C3%BC%25")
    #expect(PercentEncoding.decode("100%") == "100%")
    #expect(PercentEncoding.decode("%zz%4") == "%zz%4")
    #expect(PercentEncoding.decode("%c3%bc") == "ü")
  }

  @Test("R-021 base64 with and without padding")
  func base64() {
    for count in 0..<70 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
      let text = Base64.encode(bytes)
      #expect(!text.contains("="))
      #expect(Base64.decode(text.utf8) == bytes)
      let padded = text + String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
      #expect(Base64.decode(padded.utf8) == bytes)
    }
    #expect(Base64.decode("a".utf8) == nil)
    #expect(Base64.decode("ab!d".utf8) == nil)
    #expect(Base64.decode("ab=d".utf8) == nil)
  }

  @Test("a code is printed as it is spelled in Swift", arguments: Status.Code.allCases)
  func codes(code: Status.Code) {
    let words = code.name.lowercased().split(separator: "_")
    #expect("\(code)" == words.dropFirst().reduce(words[0]) { $0 + $1.capitalized })
  }

  @Test("R-021 metadata keeps order and duplicates, and bytes in -bin keys")
  func metadata() throws {
    var metadata = Metadata()
    try metadata.append("a", "1")
    try metadata.append("b-bin", binary: [0, 255])
    try metadata.append("a", "2")
    #expect(metadata["a"] == "1")
    #expect(metadata.values("a") == ["1", "2"])
    #expect(metadata[binary: "b-bin"] == [0, 255])
    #expect(metadata.entries.map(\.key) == ["a", "b-bin", "a"])
    #expect(metadata[binary: "a"] == nil)
    try metadata.set("a", "3")
    #expect(metadata.values("a") == ["3"])
  }

  @Test(
    "R-023 R-082 reserved and malformed keys are refused",
    arguments: [
      "grpc-status", "grpc-timeout", ":path", "te", "content-type", "connection", "Upper", "sp ace",
      "", "ü",
    ])
  func refusedKeys(key: String) {
    var metadata = Metadata()
    #expect(throws: MetadataError.self) { try metadata.append(key, "x") }
    #expect(metadata[key] == nil)
  }

  @Test("R-082 a text value is printable ASCII, a -bin key takes bytes only")
  func refusedValues() {
    var metadata = Metadata()
    #expect(throws: MetadataError.invalidValue("a")) { try metadata.append("a", "x\ny") }
    #expect(throws: MetadataError.invalidValue("a")) { try metadata.append("a", "ü") }
    #expect(throws: MetadataError.binaryKey("a-bin")) { try metadata.append("a-bin", "x") }
    #expect(throws: MetadataError.textKey("a")) { try metadata.append("a", binary: [1]) }
  }

  @Test("request ids: a fit one is kept, any other replaced")
  func requestID() {
    #expect(RequestID.accepted("abcDEF-12_3") == "abcDEF-12_3")
    #expect(RequestID.accepted("short") == nil)
    #expect(RequestID.accepted("with space") == nil)
    #expect(RequestID.accepted(String(repeating: "a", count: 65)) == nil)
    #expect(RequestID.accepted(RequestID.make()) != nil)
  }

  @Test(
    "R-051 targets",
    arguments: [
      ("dns:///host:80", "host:80"), ("host:80", "host:80"), ("ipv4:1.2.3.4:80", "1.2.3.4:80"),
      ("ipv6:[::1]:80", "[::1]:80"), ("unix:/run/x.sock", "localhost"),
      ("[::1]:80", "[::1]:80"), ("ipv4:1.2.3.4:80,1.2.3.5:81", "1.2.3.4:80"),
    ])
  func target(text: String, authority: String) throws {
    #expect(try Target(text).authority == authority)
  }

  @Test(
    "R-051 malformed targets",
    arguments: [
      "", "host", "host:0", "host:99999", "unix:", ":80", "dns://8.8.8.8/host:80", "ipv4:[::1]:80",
      "ipv4:name:80", "ipv6:1.2.3.4:80", "ipv4:1.2.3.4:80,", "dns://host:80", "other:///name",
    ])
  func badTarget(text: String) {
    #expect(throws: TargetError.malformed(text)) { try Target(text) }
  }

  @Test("R-008 details travel with code and message")
  func details() throws {
    let status = Status(
      .notFound, "nö", details: [.init(typeName: "google.rpc.ErrorInfo", value: [1, 2, 3])])
    let bytes = StatusDetails.encode(status)
    #expect(StatusDetails.decode(bytes) == status.details)
    let message = try GoogleRpc.Status(serialized: bytes)
    #expect(message.code == 5)
    #expect(message.message == "nö")
    #expect(message.details.map(\.typeURL) == ["type.googleapis.com/google.rpc.ErrorInfo"])
    #expect(
      StatusDetails.encode(Status(.aborted, "a\0b")) == [0x08, 10, 0x12, 3, 97, 0, 98],
      "a NUL does not end the message")
    #expect(StatusDetails.decode([0xFF]) == nil)
  }
}
