import CProtobufC

/// Map fields on the way out: entries are messages of a key and a value, either of which may be missing, and of
/// several entries with one key the last one counts.
extension JSONPrinter {
  mutating func map(
    _ type: MessageDescriptor, _ count: Int, _ start: UnsafeRawPointer?
  ) throws(JSONError) {
    try nested("{", "}") { printer throws(JSONError) in
      try printer.entries(type, count, start)
    }
  }

  private mutating func entries(
    _ type: MessageDescriptor, _ count: Int, _ start: UnsafeRawPointer?
  ) throws(JSONError) {
    let shape = JSONShape.of(type)
    if let start, count > 0, let key = shape.field("key"), let value = shape.field("value") {
      let entries = (0..<count).compactMap { pointer(start, $0 * MemoryLayout<UInt>.stride) }
      var isFirst = true
      for (name, entry) in try last(entries, key) {
        if !isFirst { byte(",") }
        isFirst = false
        out.append(name)
        byte(":")
        try self.entry(value, entry)
      }
    }
  }

  /// The entries that count with their keys, each a JSON string, in the order in which the keys first came or, on
  /// demand, sorted.
  private func last(
    _ entries: [UnsafeRawPointer], _ key: JSONShape.Field
  ) throws(JSONError) -> [(name: [UInt8], entry: UnsafeRawPointer)] {
    var kept: [(name: [UInt8], entry: UnsafeRawPointer)] = []
    var places: [[UInt8]: Int] = [:]
    for entry in entries {
      var printer = JSONPrinter(options: options)
      try printer.value(key, entry + key.offset)
      let spelled = printer.out.bytes
      let quote = UInt8(ascii: "\"")
      let name = spelled.first == quote ? spelled : [quote] + spelled + [quote]
      if let place = places[name] {
        kept[place].entry = entry
      } else {
        places[name] = kept.count
        kept.append((name, entry))
      }
    }
    guard options.sortsMapKeys else { return kept }
    return kept.sorted { $0.name.lexicographicallyPrecedes($1.name) }
  }

  /// The value of one entry; a missing one is the default of its type.
  private mutating func entry(
    _ value: JSONShape.Field, _ entry: UnsafeRawPointer
  ) throws(JSONError) {
    guard case .message(let type) = value.kind, pointer(entry, value.offset) == nil else {
      return try self.value(value, entry + value.offset)
    }
    let size = type.structureSize
    let room = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
    defer { room.deallocate() }
    room.initializeMemory(as: UInt8.self, repeating: 0, count: size)
    try message(UnsafeRawPointer(room), JSONShape.of(type))
  }
}
