import Foundation

/// Standard error, each line in one `write`, so that lines of two threads never mix.
public struct StandardError: LogSink {
  public init() {}

  public func write(line: String) {
    write(utf8: Array(line.utf8))
  }

  public func write(utf8 line: consuming [UInt8]) {
    line.append(0x0a)
    let bytes = line
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes {
        Foundation.write(2, $0.baseAddress, $0.count)
      }
      if count < 0, errno == EINTR { continue }
      // A log that cannot be written has nowhere to report that.
      guard count > 0 else { return }
      written += count
    }
  }
}
