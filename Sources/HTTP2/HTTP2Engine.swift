import CNghttp2

/// The libnghttp2 that this process runs with.
public enum HTTP2Engine {
  /// `1.52.0`
  public static var version: String { String(cString: nghttp2_version(0).pointee.version_str) }

  /// 1.52.0 or later: older ones lack limits that the session relies on.
  public static var isRecentEnough: Bool { nghttp2_version(0).pointee.version_num >= 0x013400 }
}
