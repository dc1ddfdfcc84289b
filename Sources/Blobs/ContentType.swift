import CMagic

/// What bytes are, by libmagic's rules and compiled database (D-57).
public enum ContentType {
  /// How much of a file's beginning is looked at.
  public static let sniffedBytes = 64 * 1024
  public static let unknown = "application/octet-stream"

  /// `image/png`, `application/pdf`, `text/plain`, …; `unknown` when nothing matches.
  ///
  /// - Parameter head: the first bytes of the content.
  /// - Throws: `BlobError.storage` when libmagic's database cannot be loaded.
  public static func sniff(_ head: [UInt8]) throws(BlobError) -> String {
    guard !head.isEmpty else { return unknown }
    // A handle is not thread-safe, and loading one maps a file that is already in memory: one for each call.
    guard let magic = magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR | MAGIC_NO_CHECK_COMPRESS) else {
      throw .storage("libmagic did not start")
    }
    defer { magic_close(magic) }
    guard magic_load(magic, nil) == 0 else { throw .storage(reason(magic)) }
    let bytes = head.prefix(sniffedBytes)
    let type = bytes.withUnsafeBytes { magic_buffer(magic, $0.baseAddress, $0.count) }
    guard let type else { throw .storage(reason(magic)) }
    return String(cString: type)
  }

  private static func reason(_ magic: magic_t) -> String {
    magic_error(magic).map { String(cString: $0) } ?? "libmagic failed"
  }
}
