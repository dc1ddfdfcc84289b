import Foundation

/// A mail to one person, in both forms. What is interpolated into the HTML form is escaped here and nowhere else.
struct Letter: Hashable, Sendable {
  var subject: String
  var text: String
  var html: String
  /// `identity.welcome`, for the operator's list of mails.
  var template: String

  /// - Parameters:
  ///   - paragraphs: before the link.
  ///   - link: where it leads and the words on it.
  ///   - closing: after the link.
  init(
    subject: String, greeting: String, paragraphs: [String], link: (url: String, label: String)?,
    closing: [String], sender: String, template: String
  ) {
    self.subject = subject
    self.template = template
    let linkText = link.map { ["\($0.label):\n\($0.url)"] } ?? []
    let parts = [greeting] + paragraphs + linkText + closing + [sender]
    text = parts.joined(separator: "\n\n") + "\n"
    let button = link.map { [Self.button($0.url, $0.label)] } ?? []
    let blocks =
      ([greeting] + paragraphs).map(Self.paragraph) + button + closing.map(Self.paragraph)
      + [Self.paragraph(sender)]
    html = Self.page(title: subject, body: blocks.joined(separator: "\n"))
  }

  private static func page(title: String, body: String) -> String {
    """
    <!doctype html>
    <html lang="en">
    <head><meta charset="utf-8"><meta name="viewport" content="width=device-width">\
    <title>\(escaped(title))</title></head>
    <body style="margin:0;padding:24px;background:#f6f6f4;color:#1c1c1a;\
    font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif">
    <div style="max-width:560px;margin:0 auto;padding:32px;background:#fff;border-radius:12px">
    \(body)
    </div>
    </body>
    </html>

    """
  }

  private static func paragraph(_ text: String) -> String {
    "<p style=\"margin:0 0 16px\">\(escaped(text))</p>"
  }

  /// The address stands below the button as well, for readers that show no links.
  private static func button(_ url: String, _ label: String) -> String {
    """
    <p style="margin:24px 0"><a href="\(escaped(url))" style="display:inline-block;\
    padding:12px 20px;border-radius:8px;background:#1f5f8b;color:#fff;text-decoration:none">\
    \(escaped(label))</a></p>
    <p style="margin:0 0 16px;font-size:13px;color:#6a6a66;word-break:break-all">\(escaped(url))</p>
    """
  }

  private static func escaped(_ text: String) -> String {
    var result = ""
    // By scalars: a mark that combines with a quote would hide it in a character of its own.
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
