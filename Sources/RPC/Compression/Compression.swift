/// How messages are compressed on the wire, each one alone. The raw values are the names of
/// `grpc-encoding`.
public enum Compression: String, Sendable, Hashable, CaseIterable {
  case identity, gzip

  /// What `grpc-accept-encoding` says of us.
  static let accepted = "identity,gzip"

  /// The encoding that a `grpc-encoding` names, byte for byte; nil for one that is not ours.
  init?(named name: some Collection<UInt8>) {
    guard let found = Self.allCases.first(where: { name.elementsEqual($0.rawValue.utf8) })
    else { return nil }
    self = found
  }

  /// Whether the list of a `grpc-accept-encoding` has this encoding.
  func isAccepted(in list: some Collection<UInt8>) -> Bool {
    list.split(separator: UInt8(ascii: ",")).contains { item in
      item.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
        .elementsEqual(rawValue.utf8)
    }
  }
}
