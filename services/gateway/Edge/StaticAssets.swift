import Crypto
import Foundation
import NIOHTTP1
import Values

/// The files of `Assets/`, read once and kept in memory. All stand under one path that holds the hash of their
/// contents, `/assets/1f3a…/app.css`, so that browsers may keep them for ever and their relative links work.
struct StaticAssets: Sendable {
  struct File: Sendable {
    let bytes: [UInt8]
    /// Smaller than `bytes`, or nil.
    let gzip: [UInt8]?
    let type: String
    let etag: String

    /// - name: its extension tells the type and whether to compress.
    init(_ bytes: [UInt8], name: String) {
      let gzip = StaticAssets.isText(name) ? Gzip.compress(bytes) : nil
      self.bytes = bytes
      self.gzip = gzip.flatMap { $0.count < bytes.count ? $0 : nil }
      type = StaticAssets.type(name)
      etag = "\"\(SHA256.hash(bytes).prefix(8).hexadecimal)\""
    }

    /// The file, or that the client has it already.
    func response(_ request: Request, cacheControl: String) -> Response {
      var headers: HTTPHeaders = [
        "content-type": type, "etag": etag, "cache-control": cacheControl,
      ]
      if gzip != nil { headers.add(name: "vary", value: "accept-encoding") }
      if request.headers[canonicalForm: "if-none-match"].contains(etag[...]) {
        return Response(.notModified, headers: headers)
      }
      guard let gzip, request.acceptsGzip else {
        return Response(headers: headers, body: .bytes(bytes))
      }
      headers.add(name: "content-encoding", value: "gzip")
      return Response(headers: headers, body: .bytes(gzip))
    }
  }

  private let files: [String: File]
  let fingerprint: String

  /// The files that come with this module.
  static func bundled() throws -> StaticAssets {
    guard let folder = Bundle.module.resourceURL?.appendingPathComponent("Assets") else {
      throw CocoaError(.fileNoSuchFile)
    }
    return StaticAssets(try StylesheetBundle.joined(UI.stylesheets, of: try files(in: folder)))
  }

  /// Names under the folder, with their contents.
  static func files(in folder: URL) throws -> [(name: String, bytes: [UInt8])] {
    let root = folder.standardizedFileURL.path
    var contents: [(name: String, bytes: [UInt8])] = []
    for path in try FileManager.default.subpathsOfDirectory(atPath: root).sorted() {
      let isHidden = path.split(separator: "/").contains { $0.hasPrefix(".") }
      let url = URL(fileURLWithPath: root).appendingPathComponent(path)
      guard !isHidden,
        let type = try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile, type
      else { continue }
      contents.append((path, [UInt8](try Data(contentsOf: url))))
    }
    return contents
  }

  init(_ contents: [(name: String, bytes: [UInt8])]) {
    let hash = SHA256()
    var files: [String: File] = [:]
    for (name, bytes) in contents {
      hash.update(Array("\(name)\n\(bytes.count)\n".utf8))
      hash.update(bytes)
      files[name] = File(bytes, name: name)
    }
    self.files = files
    fingerprint = hash.finish().prefix(6).hexadecimal
  }

  /// The URL path of a file, as pages link it: `path("app.css")`.
  func path(_ name: String) -> String { "/assets/\(fingerprint)/\(name)" }

  /// Nil when the path is none of ours.
  func response(_ request: Request) -> Response? {
    let segments = request.target.decodedSegments
    guard segments.first == "assets", segments.count >= 3, request.isSafe,
      let file = files[segments.dropFirst(2).joined(separator: "/")]
    else { return nil }
    // An old fingerprint still gets the new file, but not for ever: a page may be older than the process.
    let isCurrent = segments[1] == fingerprint
    return file.response(
      request, cacheControl: isCurrent ? "public, max-age=31536000, immutable" : "no-cache")
  }

  fileprivate static func isText(_ name: String) -> Bool {
    ["css", "js", "svg", "json", "txt", "webmanifest"].contains((name as NSString).pathExtension)
  }

  fileprivate static func type(_ name: String) -> String {
    switch (name as NSString).pathExtension.lowercased() {
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    case "png": "image/png"
    case "jpg", "jpeg": "image/jpeg"
    case "ico": "image/x-icon"
    case "woff2": "font/woff2"
    case "json": "application/json"
    case "webmanifest": "application/manifest+json"
    case "txt": "text/plain; charset=utf-8"
    default: "application/octet-stream"
    }
  }
}

extension Request {
  /// Whether the client named gzip as a coding that it reads.
  var acceptsGzip: Bool {
    headers[canonicalForm: "accept-encoding"].contains { entry in
      let type = MediaType(String(entry))
      return type.essence == "gzip" && type.parameters["q"].flatMap(Double.init) != 0
    }
  }
}
