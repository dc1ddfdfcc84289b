import Values

/// Work that waits for an engine, with tenants taking turns: who floods a store keeps another's work waiting for one piece of
/// its own, and not for all that it has sent.
///
/// Work of one tenant is first in, first out. A tenant that was served goes behind the others that wait, and so does one that
/// had nothing waiting. Work across tenants, with `nil` for a tenant, takes turns like theirs. Where one tenant waits alone, it is
/// a plain line.
///
/// Open to be made for each element: what is generic at run time costs several times as much, for every read.
public struct TenantLine<Element> {
  @usableFromInline var lines: [TenantID?: Line<Element>] = [:]
  /// Who waits, in the order in which they are served; each is there once.
  @usableFromInline var turns = Line<TenantID?>()
  @usableFromInline var total = 0

  @inlinable public var count: Int { total }

  @inlinable public var isEmpty: Bool { total == 0 }

  @inlinable public init() {}

  @inlinable
  public mutating func append(_ element: Element, of tenant: TenantID?) {
    if lines[tenant] == nil { turns.append(tenant) }
    lines[tenant, default: Line()].append(element)
    total += 1
  }

  @inlinable
  public mutating func popFirst() -> Element? {
    guard let tenant = turns.popFirst(), let element = lines[tenant]?.popFirst() else { return nil }
    total -= 1
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
@usableFromInline
struct Line<Element> {
  @usableFromInline var items: [Element?] = []
  @usableFromInline var first = 0

  @inlinable init() {}

  @inlinable var isEmpty: Bool { first == items.count }

  @inlinable mutating func append(_ element: Element) { items.append(element) }

  @inlinable
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
