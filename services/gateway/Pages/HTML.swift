/// A piece of HTML that escapes by construction: what is written in the source is markup, what is
/// interpolated is text.
///
///     let row: HTML = "<li class=\"\(kind)\">\(ticket.title) \(UI.badge("Open"))</li>"
///
/// - Strings and integers are escaped for text and for double-quoted attributes.
/// - `HTML` values, arrays and Optionals of them splice.
/// - In `href`, `src`, `action` and their like a string is checked (its start) or percent-encoded
///   (its rest), so that no value can choose a scheme or a host. `SafeURL` goes in as it is.
/// - `\(flag: "checked", isOn)` and `\(attribute: "title", optional)` write whole attributes.
/// - A value where only a name may stand (`<div \(x)>`, `<a class=\(x)>`) or in `style`, `on…` and
///   `srcdoc` traps in debug builds and is left out in release builds.
///
/// Only double quotes delimit attributes; a lone double quote in text is written `&quot;`.
public struct HTML: Sendable, Hashable, ExpressibleByStringInterpolation {
  /// The markup in UTF-8, ready to send.
  public private(set) var bytes: [UInt8] = []

  /// Markup from the source code; there is no way in for markup made at run time.
  public init(trusted markup: StaticString) { bytes.append(markup) }
  public init(stringLiteral markup: StaticString) { bytes.append(markup) }
  public init(stringInterpolation: Interpolation) { bytes = stringInterpolation.out }
  /// Text, escaped.
  public init(text: some StringProtocol) { bytes.appendEscaped(text) }

  public static let empty = HTML(trusted: "")
  public var isEmpty: Bool { bytes.isEmpty }

  /// One after the other as they are: how a component joins the parts of one tag.
  public static func + (a: HTML, b: HTML) -> HTML {
    var whole = a
    whole += b
    return whole
  }
  public static func += (a: inout HTML, b: HTML) { a.bytes += b.bytes }

  /// Markup from the source code, written behind what there is.
  mutating func append(_ markup: StaticString) { bytes.append(markup) }
}

extension HTML {
  public struct Interpolation: StringInterpolationProtocol, Sendable {
    var out: [UInt8] = []

    public init(literalCapacity: Int, interpolationCount: Int) {
      out.reserveCapacity(literalCapacity + interpolationCount * 24)
    }

    public mutating func appendLiteral(_ markup: StaticString) { out.append(markup) }

    public mutating func appendInterpolation(_ html: HTML) {
      // Markup inside an attribute's quotes could end the attribute: it becomes text there.
      if case .text = out.position { out += html.bytes } else { out.appendEscaped(html.bytes) }
    }
    public mutating func appendInterpolation(_ html: HTML?) {
      if let html { appendInterpolation(html) }
    }
    public mutating func appendInterpolation(_ pieces: [HTML]) {
      for piece in pieces { appendInterpolation(piece) }
    }
    public mutating func appendInterpolation(_ number: some BinaryInteger) {
      appendInterpolation(String(number))
    }
    public mutating func appendInterpolation<S: StringProtocol>(_ text: S?) {
      if let text { appendInterpolation(text) }
    }
    public mutating func appendInterpolation(_ text: some StringProtocol) {
      switch out.position {
      case .text: out.appendEscaped(text)
      case .attribute(.plain, _): out.appendEscaped(text)
      case .attribute(.url, let isStart):
        out.appendEscaped(isStart ? SafeURL(checked: text).text : text.urlEncoded)
      case .attribute(.code, _): assertionFailure("a value in this attribute would run as code")
      case .tag: assertionFailure("a value may not stand in a tag outside of double quotes")
      }
    }
    public mutating func appendInterpolation(_ url: SafeURL) { out.appendEscaped(url.text) }
    public mutating func appendInterpolation(_ url: SafeURL?) {
      if let url { appendInterpolation(url) }
    }
    /// ` name` when `isOn`, else nothing: `<input\(flag: "required", isRequired)>`.
    public mutating func appendInterpolation(flag name: StaticString, _ isOn: Bool) {
      guard isOn else { return }
      out.append(UInt8(ascii: " "))
      out.append(name)
    }
    /// ` name="value"` when there is a value, else nothing.
    public mutating func appendInterpolation<S: StringProtocol>(
      attribute name: StaticString, _ value: S?
    ) {
      guard let value else { return }
      openAttribute(name)
      appendInterpolation(value)
      out.append(UInt8(ascii: "\""))
    }
    public mutating func appendInterpolation(attribute name: StaticString, _ url: SafeURL?) {
      guard let url else { return }
      openAttribute(name)
      appendInterpolation(url)
      out.append(UInt8(ascii: "\""))
    }
    private mutating func openAttribute(_ name: StaticString) {
      out.append(UInt8(ascii: " "))
      out.append(name)
      out.append("=\"" as StaticString)
    }

    /// The markup when the condition holds; it is not made otherwise.
    public mutating func appendInterpolation(when isTrue: Bool, _ html: @autoclosure () -> HTML) {
      if isTrue { appendInterpolation(html()) }
    }
  }
}

extension HTML: CustomStringConvertible {
  public var description: String { String(decoding: bytes, as: UTF8.self) }
}

extension Sequence {
  /// One piece of markup per element, one after the other: `tickets.html { "<li>\($0.title)</li>" }`.
  public func html(_ piece: (Element) throws -> HTML) rethrows -> HTML {
    var whole = HTML.empty
    for element in self { whole += try piece(element) }
    return whole
  }
}

extension Sequence<HTML> {
  public func joined(separator: HTML = .empty) -> HTML {
    var whole = HTML.empty
    for (index, piece) in enumerated() {
      if index > 0 { whole += separator }
      whole += piece
    }
    return whole
  }
}
