/// Reads the header blocks that a peer sends: static and dynamic table, Huffman (RFC 7541).
struct RawFieldDecoder {
  private var dynamic: [RawField] = []
  private var size = 0
  private var capacity = 4096

  mutating func decode(_ block: [UInt8]) throws -> RawFields {
    var rest = block[...]
    var fields: [RawField] = []
    while let first = rest.first {
      switch first {
      case 0x80...:
        fields.append(try entry(try Self.number(&rest, prefix: 7)))
      case 0x40..<0x80:
        let field = try literal(&rest, prefix: 6)
        add(field)
        fields.append(field)
      case 0x20..<0x40:
        capacity = try Self.number(&rest, prefix: 5)
        evict()
      default:
        fields.append(try literal(&rest, prefix: 4))
      }
    }
    return RawFields(fields)
  }

  private func entry(_ index: Int) throws -> RawField {
    if index >= 1, index <= Self.fixed.count { return Self.fixed[index - 1] }
    let place = index - Self.fixed.count - 1
    guard dynamic.indices.contains(place) else { throw WireError.unexpected("index \(index)") }
    return dynamic[place]
  }

  private func literal(_ rest: inout ArraySlice<UInt8>, prefix: Int) throws -> RawField {
    let index = try Self.number(&rest, prefix: prefix)
    let name = index == 0 ? try Self.text(&rest) : try entry(index).name
    return RawField(name: name, value: try Self.text(&rest))
  }

  private mutating func add(_ field: RawField) {
    dynamic.insert(field, at: 0)
    size += field.name.count + field.value.count + 32
    evict()
  }

  private mutating func evict() {
    while size > capacity, let last = dynamic.popLast() {
      size -= last.name.count + last.value.count + 32
    }
  }

  private static func number(_ rest: inout ArraySlice<UInt8>, prefix: Int) throws -> Int {
    let limit = (1 << prefix) - 1
    guard let first = rest.popFirst() else { throw WireError.unexpected("a cut header block") }
    var value = Int(first) & limit
    guard value == limit else { return value }
    var shift = 0
    while let byte = rest.popFirst(), shift < 28 {
      value += Int(byte & 127) << shift
      shift += 7
      if byte < 128 { return value }
    }
    throw WireError.unexpected("a cut number")
  }

  private static func text(_ rest: inout ArraySlice<UInt8>) throws -> [UInt8] {
    let isCoded = (rest.first ?? 0) & 128 != 0
    let count = try number(&rest, prefix: 7)
    guard count <= rest.count else { throw WireError.unexpected("a cut text") }
    let bytes = rest.prefix(count)
    rest = rest.dropFirst(count)
    return isCoded ? try Huffman.decode(bytes) : Array(bytes)
  }

  private static let fixed: [RawField] = {
    let names = """
      :authority|:method GET|:method POST|:path /|:path /index.html|:scheme http|:scheme https|\
      :status 200|:status 204|:status 206|:status 304|:status 400|:status 404|:status 500|\
      accept-charset|accept-encoding gzip, deflate|accept-language|accept-ranges|accept|\
      access-control-allow-origin|age|allow|authorization|cache-control|content-disposition|\
      content-encoding|content-language|content-length|content-location|content-range|content-type|\
      cookie|date|etag|expect|expires|from|host|if-match|if-modified-since|if-none-match|if-range|\
      if-unmodified-since|last-modified|link|location|max-forwards|proxy-authenticate|\
      proxy-authorization|range|referer|refresh|retry-after|server|set-cookie|\
      strict-transport-security|transfer-encoding|user-agent|vary|via|www-authenticate
      """
    return names.split(separator: "|").map { entry in
      let words = entry.split(separator: " ", maxSplits: 1)
      return RawField(String(words[0]), words.count > 1 ? String(words[1]) : "")
    }
  }()
}
