import NIOHTTP1

/// What keeps a browser from doing more with an answer than we mean. No inline script or style, no other origin.
enum SecurityHeaders {
  static let policy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
    "font-src 'self'", "connect-src 'self'", "manifest-src 'self'", "form-action 'self'",
    "frame-ancestors 'none'", "base-uri 'none'",
  ].joined(separator: "; ")

  static func add(to response: inout Response, isTLS: Bool) {
    func ensure(_ name: String, _ value: String) {
      if !response.headers.contains(name: name) { response.headers.add(name: name, value: value) }
    }
    ensure("content-security-policy", policy)
    ensure("x-content-type-options", "nosniff")
    ensure("referrer-policy", "same-origin")
    ensure("x-frame-options", "DENY")
    ensure("cross-origin-opener-policy", "same-origin")
    ensure("cross-origin-resource-policy", "same-origin")
    ensure("permissions-policy", "camera=(), microphone=(), geolocation=(), payment=()")
    ensure("cache-control", "no-store")
    if isTLS { ensure("strict-transport-security", "max-age=31536000; includeSubDomains") }
  }
}
