import CZlib
import Foundation
import NIOHTTP1
import Testing
import Values

@testable import Gateway

@Suite("What a first view transfers")
struct FirstViewTests {
  @Test("Joined sheets keep their order and their meaning; comments and indentation are gone")
  func bundle() throws {
    let files: [(name: String, bytes: [UInt8])] = [
      ("b.css", Array("/* b */\n.b > a:hover , .c {\n  margin: 0 auto;\n}\n".utf8)),
      ("a.css", Array("@layer x, y;\n.a::before { content: \"a ; /* no */ b\"; }\n".utf8)),
      ("more.css", Array("p { color: red; }".utf8)), ("x.js", Array("a /* kept */ ;".utf8)),
    ]
    let joined = try StylesheetBundle.joined(["a.css", "b.css"], of: files)
    let texts = Dictionary(
      uniqueKeysWithValues: joined.map { ($0.name, String(decoding: $0.bytes, as: UTF8.self)) })
    #expect(
      texts == [
        "app.css":
          "@layer x,y;.a::before{content:\"a ; /* no */ b\"}.b > a:hover,.c{margin:0 auto}",
        "more.css": "p{color:red}", "x.js": "a /* kept */ ;",
      ])
    #expect(throws: CocoaError.self) { try StylesheetBundle.joined(["c.css"], of: files) }
  }

  @Test(
    "A sheet cut off anywhere is still read to its end",
    arguments: ["a{b:\"c\\", "/* x", "a /", "'", "", ";}", "a{b:c"])
  func fragments(css: String) {
    let out = StylesheetBundle.minified(Array(css.utf8))
    #expect(out.count <= css.utf8.count)
  }

  @Test("Sheets and modules of a page together stay below 25 KB compressed")
  func budget() throws {
    let assets = try StaticAssets.bundled()
    var total = 0
    for name in [StylesheetBundle.name, "favicon.svg"] + UI.modules {
      let answer = try #require(
        assets.response(request(assets.path(name), ["accept-encoding": "gzip"])))
      guard case .bytes(let bytes) = answer.body else {
        Issue.record("\(name) has no bytes")
        continue
      }
      total += bytes.count
    }
    #expect(total < 25_000)
  }

  private func request(
    _ path: String, _ headers: HTTPHeaders = [:], method: HTTPMethod = .GET
  ) throws -> Request {
    Request(
      id: "r", method: method, target: try Target(path), authority: "a", headers: headers,
      cookies: Cookies(), body: RequestBody(), remote: RemoteAddress(IPAddress("")),
      isSecure: false, received: Instant(seconds: 0))
  }

  private static let asked: HTTPHeaders = [
    "accept-encoding": "gzip, br", "sec-fetch-site": "same-origin",
  ]

  private func compressed(
    _ path: String = "/tickets", _ headers: HTTPHeaders = asked, method: HTTPMethod = .GET,
    status: HTTPResponseStatus = .ok, page: HTML = Self.long
  ) throws -> Response {
    var response = Response.html(page, status: status)
    PageCompression.apply(to: &response, for: try request(path, headers, method: method))
    return response
  }

  private static let long = HTML(text: String(repeating: "a line of text ", count: 200))

  @Test("R-178 a page that our own page or the person asked for is compressed, and reads the same")
  func page() throws {
    for site in ["same-origin", "none"] {
      var headers = Self.asked
      headers.replaceOrAdd(name: "sec-fetch-site", value: site)
      let response = try compressed("/tickets?view=closed", headers)
      #expect(response.headers["content-encoding"] == ["gzip"])
      #expect(response.headers["vary"] == ["accept-encoding, sec-fetch-site"])
      guard case .bytes(let bytes) = response.body else {
        Issue.record("no bytes")
        return
      }
      #expect(bytes.count < Self.long.bytes.count)
      #expect(Inflating.gzip(bytes, limit: 10_000) == Self.long.bytes)
    }
  }

  @Test("R-178 the length of a page blurs")
  func padding() throws {
    var lengths: Set<Int> = []
    for _ in 0..<40 {
      guard case .bytes(let bytes) = try compressed().body else { continue }
      lengths.insert(bytes.count)
    }
    #expect(lengths.count > 5)
  }

  @Test("R-178 nothing is compressed that a stranger asked for or put words into")
  func refused() throws {
    var cases: [Response] = []
    for headers: HTTPHeaders in [
      ["accept-encoding": "gzip"], ["sec-fetch-site": "same-origin"],
      ["accept-encoding": "gzip", "sec-fetch-site": "cross-site"],
      ["accept-encoding": "gzip", "sec-fetch-site": "same-site"],
      ["accept-encoding": "gzip;q=0", "sec-fetch-site": "same-origin"],
    ] { cases.append(try compressed("/tickets", headers)) }
    cases.append(try compressed("/tickets", method: .POST))
    cases.append(try compressed("/tickets", status: .notFound))
    cases.append(try compressed("/tickets", page: "<p>short</p>"))
    var data = Response.bytes(Self.long.bytes, type: "application/json")
    PageCompression.apply(to: &data, for: try request("/v1/x", Self.asked))
    cases.append(data)
    for response in cases {
      #expect(response.headers["content-encoding"] == [] && response.headers["vary"] == [])
    }
    #expect(cases.count == 9)
  }
}

/// gzip read back by zlib, not by our own code.
enum Inflating {
  static func gzip(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    var stream = z_stream()
    guard
      inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, CInt(MemoryLayout<z_stream>.size)) == Z_OK
    else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var isDone = false
    let output = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = uInt(input.count)
        stream.next_out = buffer.baseAddress
        stream.avail_out = uInt(buffer.count)
        isDone = inflate(&stream, Z_FINISH) == Z_STREAM_END
      }
      filled = Int(stream.total_out)
    }
    return isDone ? output : nil
  }
}
