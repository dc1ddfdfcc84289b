@testable import Gateway

/// A part of the edge that reads what strangers send before anybody knows who they are, and what must hold whatever it is. Run
/// by libFuzzer (Tests/Fuzz) on inputs of its own, and by the tests of the gateway on the committed ones.
enum EdgeFuzz: String, CaseIterable, Sendable {
  /// Path templates and the router of the JSON API.
  case path
  /// HTTP/1.1 requests, in pieces.
  case http1
  /// Request targets, queries and urlencoded forms.
  case forms
  /// `multipart/form-data`, in pieces.
  case multipart
  /// Cookies, media types, addresses and the other header values that are taken apart.
  case headers

  /// What did not hold; nil for an input as it should be.
  func run(_ input: [UInt8]) -> String? {
    switch self {
    case .path: PathFuzz.run(input)
    case .http1: HTTP1Fuzz.run(input)
    case .forms: FormFuzz.run(input)
    case .multipart: MultipartFuzz.run(input)
    case .headers: HeaderFuzz.run(input)
    }
  }
}
