/// Which pages leave compressed. The length of a compressed page tells whoever sees the wire what it repeats, so a
/// page is compressed only where a stranger can neither make the browser ask for it nor put words into it:
///
/// - the browser says that one of our own pages, or the person, asked for it: guessing takes thousands of requests that
///   the guesser words, and another site can have none compressed;
/// - it is no answer to a form and no error;
/// - its CSRF token is masked anew in every answer, and a padding of random length blurs what stored texts could do.
enum PageCompression {
  /// Below this, one packet carries the page either way.
  static let least = 1400

  static func apply(to response: inout Response, for request: Request) {
    guard response.isPage, response.status == .ok, request.isSafe, request.acceptsGzip,
      ["same-origin", "none"].contains(request.headers["sec-fetch-site"].first ?? ""),
      case .bytes(let bytes) = response.body, bytes.count >= least,
      let gzip = Gzip.compress(bytes, .quick)
    else { return }
    response.body = .bytes(Gzip.padded(gzip))
    response.headers.replaceOrAdd(name: "content-encoding", value: "gzip")
    response.headers.replaceOrAdd(name: "vary", value: "accept-encoding, sec-fetch-site")
  }
}
