import NIOCore
import Testing

@testable import Gateway

@Suite("X-19 forms")
struct FormTests {
  private static let boundary = "----x1"

  private func part(_ header: String, _ content: String) -> String {
    "--\(Self.boundary)\r\n\(header)\r\n\r\n\(content)\r\n"
  }

  private func read(
    _ text: String, limits: FormLimits = .uploads(each: 1 << 20, count: 2), pieces: Int = 11
  ) async throws -> Form {
    let bytes = Array(text.utf8)
    let body = RequestBody(declaredLength: nil, demand: {})
    for start in stride(from: 0, to: bytes.count, by: pieces) {
      body.receive(ByteBuffer(bytes: bytes[start..<min(bytes.count, start + pieces)]))
    }
    body.finish()
    var reader = MultipartReader(body, boundary: Self.boundary, limits: limits)
    return try await reader.read()
  }

  @Test(
    "Fields and files in any order, whatever the pieces they come in",
    arguments: [1, 2, 13, 100_000])
  func multipart(pieces: Int) async throws {
    let big = String(repeating: "0123456789\r\n--", count: 20_000)
    let form = try await read(
      part("Content-Disposition: form-data; name=\"title\"", "Hé\r\n--no boundary")
        + part(
          "content-disposition: form-data; name=\"file\"; filename=\"../a;b.pdf\"\r\nContent-Type: application/pdf",
          big)
        + part(
          "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream",
          "")
        + part("Content-Disposition: form-data; name=\"_csrf\"", "t") + "--\(Self.boundary)--\r\n",
      pieces: max(pieces, pieces == 1 ? 7 : 1))
    #expect(form["title"] == "Hé\r\n--no boundary")
    #expect(form["_csrf"] == "t")
    #expect(form.files.count == 1)
    let file = try #require(form.files("file").first)
    #expect(file.fileName == "a;b.pdf")
    #expect(file.claimedType == "application/pdf")
    #expect(file.size == big.utf8.count)
    #expect(try await file.bytes() == Array(big.utf8))
    var collected: [UInt8] = []
    try await file.forEachChunk { collected += $0 }
    #expect(collected == Array(big.utf8))
  }

  @Test("An oversized file is refused by the count, and by Content-Length before a byte is read")
  func tooLarge() async throws {
    let text =
      part(
        "Content-Disposition: form-data; name=\"f\"; filename=\"a\"",
        String(repeating: "x", count: 2000))
      + "--\(Self.boundary)--"
    await #expect(throws: RequestBody.Failure.tooLarge(limit: 1000)) {
      try await read(text, limits: .uploads(each: 1000, count: 1))
    }
    let untouched = RequestBody(declaredLength: 5_000_000) { Issue.record("nothing may be read") }
    var reader = MultipartReader(untouched, boundary: "b", limits: .text)
    await #expect(throws: RequestBody.Failure.self) { try await reader.read() }
  }

  @Test("Files beyond the route's number, and files where none are taken, are refused")
  func tooMany() async throws {
    let file = part("Content-Disposition: form-data; name=\"f\"; filename=\"a\"", "x")
    let end = "--\(Self.boundary)--"
    await #expect(throws: Problem.self) { try await read(file + file + file + end) }
    await #expect(throws: RequestBody.Failure.self) { try await read(file + end, limits: .text) }
  }

  @Test(
    "What is not multipart is refused",
    arguments: [
      "", "garbage", "------x1\r\n",
      "------x1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nno end",
      "------x1\r\nContent-Disposition: form-data\r\n\r\nx\r\n------x1--",
      "------x1\r\nX: y\r\n\r\nx\r\n------x1--", "------x1zz\r\n",
    ])
  func malformed(text: String) async {
    await #expect(throws: Problem.self) { try await read(text) }
  }

  @Test("Urlencoded pairs")
  func urlencoded() throws {
    let pairs = try FormEncoding.pairs(Array("a=1+2&b=%26%3D&a=&c&=d".utf8), limit: 10)
    #expect(pairs.map(\.name) == ["a", "b", "a", "c", ""])
    #expect(pairs.map(\.value) == ["1 2", "&=", "", "", "d"])
    #expect(throws: Target.Malformed.self) { try FormEncoding.pairs(Array("a=%0".utf8), limit: 10) }
    #expect(throws: Target.Malformed.self) { try FormEncoding.pairs(Array("a&b&c".utf8), limit: 2) }
  }

  @Test("Field access")
  func access() {
    let form = Form(fields: [
      .init(name: "a", value: "  x y \n"), .init(name: "b", value: "   "),
      .init(name: "on", value: "on"),
    ])
    #expect(form.text("a") == "x y")
    #expect(form.text("b") == nil)
    #expect(form.text("c") == nil)
    #expect(form.isOn("on") && !form.isOn("off"))
  }
}
