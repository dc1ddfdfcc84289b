import PorticoAPI

@testable import Gateway

/// Path templates and the router of the JSON API.
enum PathFuzz {
  /// The first line is a method and a request target, the second a template that the target is matched with.
  static func run(_ input: [UInt8]) -> String? {
    let lines = String(decoding: input, as: UTF8.self).split(
      separator: "\n", maxSplits: 1, omittingEmptySubsequences: false
    ).map(String.init)
    let words = (lines.first ?? "").split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2, let target = parsed(words[1]) else { return nil }
    return routed(words[0], target) ?? lines.dropFirst().first.flatMap { template($0, target) }
  }

  private static func parsed(_ text: String) -> Target? {
    do { return try Target(text) } catch { return nil }
  }

  private static let router: Result<JSONRouter, any Error> = Result { try JSONRouter(Methods.all) }

  private static func routed(_ method: String, _ target: Target) -> String? {
    guard case .success(let router) = router else { return "the API has no router" }
    guard case .found(let match) = router.match(method, target) else { return nil }
    let bound = match.bindings.bindings.map(\.field)
    let wanted = match.value.template.variables.map(\.field)
    return bound == wanted ? nil : "the route binds \(bound) and not \(wanted)"
  }

  private static func template(_ text: String, _ target: Target) -> String? {
    let template: PathTemplate
    do { template = try PathTemplate(text) } catch { return nil }
    var trie = PathTrie<Int>()
    do { try trie.add("GET", template, 1) } catch { return "one template is a conflict" }
    guard case .found(let match) = trie.match("GET", target) else { return nil }
    for (variable, binding) in zip(template.variables, match.bindings.bindings) {
      // A variable of one segment is one segment: only an escape can put a slash into it.
      if !variable.isMultiSegment, binding.value.contains("/"), !target.raw.contains("%2") {
        return "\(variable.field) holds more than a segment"
      }
    }
    return match.bindings.bindings.count == template.variables.count ? nil : "a variable is unbound"
  }
}
