import NIOHTTP1
import Testing
import Values

@testable import Gateway

@Suite("Static assets")
struct AssetTests {
  private let assets = StaticAssets([
    ("app.css", Array(String(repeating: "body { margin: 0 }\n", count: 200).utf8)),
    ("a/logo.png", [1, 2, 3]),
  ])

  private func get(_ path: String, _ headers: HTTPHeaders = [:]) throws -> Response? {
    assets.response(
      Request(
        id: "r", method: .GET, target: try Target(path), authority: "a", headers: headers,
        cookies: Cookies(), body: RequestBody(), remote: RemoteAddress(nil),
        isSecure: false, received: Instant(seconds: 0)))
  }

  @Test("A fingerprinted file may be kept for ever; under an old fingerprint it is looked up again")
  func caching() throws {
    let file = try #require(try get(assets.path("app.css")))
    #expect(file.headers["cache-control"] == ["public, max-age=31536000, immutable"])
    #expect(file.headers["content-type"] == ["text/css; charset=utf-8"])
    let etag = try #require(file.headers["etag"].first)
    #expect(try get(assets.path("app.css"), ["if-none-match": etag])?.status == .notModified)
    #expect(try get("/assets/000000000000/app.css")?.headers["cache-control"] == ["no-cache"])
    #expect(StaticAssets([("app.css", [])]).fingerprint != assets.fingerprint)
  }

  @Test("gzip where it was asked for and makes the file smaller")
  func gzip() throws {
    let zipped = try #require(
      try get(assets.path("app.css"), ["accept-encoding": "br, gzip;q=0.8"]))
    #expect(zipped.headers["content-encoding"] == ["gzip"])
    guard case .bytes(let bytes) = zipped.body else {
      Issue.record("a file has bytes")
      return
    }
    #expect(bytes.starts(with: [0x1F, 0x8B]) && bytes.count < 300)
    #expect(
      try get(assets.path("app.css"), ["accept-encoding": "gzip;q=0"])?.headers["content-encoding"]
        == [])
    #expect(
      try get(assets.path("a/logo.png"), ["accept-encoding": "gzip"])?.headers["content-encoding"]
        == [])
  }

  @Test(
    "Nothing but the files is served",
    arguments: ["/assets", "/assets/x", "/assets/x/nothing.css", "/other/x/app.css"])
  func others(path: String) throws {
    #expect(try get(path) == nil)
  }

  @Test("The files that come with the gateway are there")
  func bundled() throws {
    #expect(throws: Never.self) { try StaticAssets.bundled() }
  }
}
