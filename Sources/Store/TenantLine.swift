import Values

/// Work that waits for an engine, with tenants taking turns: who floods a store keeps another's work waiting for one piece of
/// its own, and not for all that it has sent.
///
/// Work of one tenant is first in, first out. A tenant that was served goes behind the others that wait, and so does one that
/// had nothing waiting. Work across tenants, with `nil` for a tenant, takes turns like theirs. Where one tenant waits alone, it is
/// a plain line.
public struct TenantLine<Element> {
  private var lines: [TenantID?: Line<Element>] = [:]
  /// Who waits, in the order in which they are served; each is there once.
  private var turns = Line<TenantID?>()
  public private(set) var count = 0

  public var isEmpty: Bool { count == 0 }

  public init() {}

  public mutating func append(_ element: Element, of tenant: TenantID?) {
    if lines[tenant] == nil { turns.append(tenant) }
    lines[tenant, default: Line()].append(element)
    count += 1
  }

  public mutating func popFirst() -> Element? {
    guard let tenant = turns.popFirst(), let element = lines[tenant]?.popFirst() else { return nil }
    count -= 1
    if lines[tenant]?.isEmpty == false {
      turns.append(tenant)
    } else {
      // Nothing stays of a tenant that has nothing waiting.
      lines.removeValue(forKey: tenant)
    }
    return element
  }
}

extension TenantLine: Sendable where Element: Sendable {}

/// A first-in, first-out line.
private struct Line<Element> {
  private var items: [Element?] = []
  private var first = 0

  var isEmpty: Bool { first == items.count }

  mutating func append(_ element: Element) { items.append(element) }

  mutating func popFirst() -> Element? {
    guard first < items.count else { return nil }
    defer {
      items[first] = nil
      first += 1
      // What was taken goes in one move, when it is at least half of the array.
      if first * 2 >= items.count {
        items.removeFirst(first)
        first = 0
      }
    }
    return items[first]
  }
}

extension Line: Sendable where Element: Sendable {}
