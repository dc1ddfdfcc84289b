/// One string as JSON, for the few places that write JSON without a message: problem bodies, log lines.
public enum JSONString {
  /// The text between quotes, with everything escaped that must be.
  public static func quoted(_ text: String) -> [UInt8] {
    var printer = JSONPrinter(options: JSONOptions(), room: text.utf8.count + 16)
    printer.string(text)
    return printer.out.bytes
  }
}
