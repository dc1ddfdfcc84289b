import Foundation
import Testing

@testable import Gateway

/// Reads the tokens as they are shipped and computes WCAG contrast for the pairs that pages use.
@Suite("U-21 contrast")
struct ContrastTests {
  static func sheet(_ name: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../services/gateway/Assets")
    return try String(contentsOf: folder.appending(path: name), encoding: .utf8)
  }

  /// `--ink: light-dark(#1b1c1f, #ececee)` → light and dark; one colour stands for both.
  static func tokens(_ css: String) -> [String: (light: Brand.RGB, dark: Brand.RGB)] {
    var found: [String: (light: Brand.RGB, dark: Brand.RGB)] = [:]
    for line in css.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].trimmingCharacters(in: .whitespaces)
      let colors = parts[1].split { !$0.isHexDigit && $0 != "#" }
        .compactMap { Brand.RGB(hex: String($0)) }
      if name.hasPrefix("--"), let first = colors.first, colors.count <= 2 {
        found[name] = (first, colors.last ?? first)
      }
    }
    return found
  }

  static let textPairs: [(String, String)] =
    ["--canvas", "--surface", "--sunken", "--raised", "--hover"].flatMap { ground in
      ["--ink", "--ink-2", "--ink-3", "--accent-ink", "--danger-ink"].map { ($0, ground) }
    }
    + ["success", "warning", "danger", "info"].map { ("--\($0)-ink", "--\($0)-soft") }
    + [
      ("--ink-2", "--neutral-soft"), ("--ink-3", "--neutral-soft"),
      ("--accent-ink", "--accent-soft"),
      ("--accent-on", "--accent-solid"), ("--ink", "--warning-soft"), ("--ink-2", "--warning-soft"),
      ("--ink", "--accent-soft"), ("--ink-2", "--accent-soft"), ("--ink-3", "--accent-soft"),
    ]

  @Test("Text has at least 4.5:1 in both themes", arguments: textPairs)
  func text(ink: String, ground: String) throws {
    let tokens = Self.tokens(try Self.sheet("tokens.css"))
    let (a, b) = (try #require(tokens[ink]), try #require(tokens[ground]))
    #expect(a.light.contrast(to: b.light) >= 4.5, "light \(ink) on \(ground)")
    #expect(a.dark.contrast(to: b.dark) >= 4.5, "dark \(ink) on \(ground)")
  }

  @Test(
    "The outline of a control has at least 3:1", arguments: ["--surface", "--canvas", "--raised"])
  func outline(ground: String) throws {
    let tokens = Self.tokens(try Self.sheet("tokens.css"))
    let (a, b) = (try #require(tokens["--outline"]), try #require(tokens[ground]))
    #expect(a.light.contrast(to: b.light) >= 3 && a.dark.contrast(to: b.dark) >= 3)
  }

  @Test(
    "F-37 any brand colour is made readable",
    arguments: [
      "#ffffff", "#000000", "#ffdd00", "#e08a00", "#7fff00", "#808080", "#ff0000", "#1a1b1e",
      "#3854c8",
    ])
  func brand(hex: String) throws {
    let tokens = Self.tokens(try #require(Brand(hex: hex)).css)
    let solid = try #require(tokens["--accent-solid"]).light
    #expect(try #require(tokens["--accent-on"]).light.contrast(to: solid) >= 4.5)
    let (ink, soft) = (try #require(tokens["--accent-ink"]), try #require(tokens["--accent-soft"]))
    #expect(ink.light.contrast(to: soft.light) >= 4.5 && ink.dark.contrast(to: soft.dark) >= 4.5)
    let shipped = Self.tokens(try Self.sheet("tokens.css"))
    for ground in ["--canvas", "--surface", "--sunken", "--raised", "--hover"] {
      let under = try #require(shipped[ground])
      #expect(ink.light.contrast(to: under.light) >= 4.5, "light on \(ground)")
      #expect(ink.dark.contrast(to: under.dark) >= 4.5, "dark on \(ground)")
    }
  }

  @Test(
    "A brand colour that is none is refused",
    arguments: ["", "red", "#fff", "#12345g", "#1234567", "url(x)", "#+12345"])
  func notABrand(hex: String) {
    #expect(Brand(hex: hex) == nil)
  }
}
