import NIOHTTP1

/// What keeps a browser from doing more with an answer than we mean: no script or style but the files of our own
/// assets, none inline, no other origin, no frame, no plug-in, no text that becomes markup or code (Trusted Types).
enum SecurityHeaders {
  /// For pages. `'self'` and no nonce: what a nonce would let in, a page of ours never has.
  static let pagePolicy = [
    "default-src 'none'", "script-src 'self'", "script-src-attr 'none'", "style-src 'self'",
    "style-src-attr 'none'", "img-src 'self'", "connect-src 'self'", "font-src 'none'",
    "object-src 'none'", "frame-src 'none'", "worker-src 'none'", "form-action 'self'",
    "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'",
    "trusted-types portico",
  ].joined(separator: "; ")

  /// For everything that is no page: it may be read, and nothing else.
  static let dataPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; sandbox"

  /// Every feature that asks a person or reads a device, none of which a page here needs.
  static let permissions = [
    "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
    "encrypted-media", "geolocation", "gyroscope", "hid", "idle-detection", "magnetometer",
    "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
  ].map { "\($0)=()" }.joined(separator: ", ")

  private static let common = [
    ("x-content-type-options", "nosniff"), ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"), ("x-frame-options", "DENY"),
  ]
  private static let ofPages =
    common + [
      ("content-security-policy", pagePolicy), ("referrer-policy", "same-origin"),
      ("cross-origin-opener-policy", "same-origin"), ("permissions-policy", permissions),
    ]
  private static let ofData =
    common + [("content-security-policy", dataPolicy), ("referrer-policy", "no-referrer")]

  /// Adds what an answer needs and does not say itself.
  static func add(to response: inout Response, isTLS: Bool) {
    let wanted = response.isPage ? ofPages : ofData
    // Room for the request's id, date and a cookie too: a list that grows is copied each time.
    response.headers.reserveCapacity(response.headers.count + wanted.count + 4)
    for (name, value) in wanted where !response.headers.contains(name: name) {
      response.headers.add(name: name, value: value)
    }
    if isTLS, !response.headers.contains(name: transport.name) {
      response.headers.add(name: transport.name, value: transport.value)
    }
  }

  private static let transport = (
    name: "strict-transport-security", value: "max-age=31536000; includeSubDomains"
  )
}

extension Response {
  /// Whether a browser draws it as a document.
  var isPage: Bool { headers.first(name: "content-type")?.hasPrefix("text/html") ?? false }
}
