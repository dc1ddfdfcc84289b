extension String {
  /// Whether it holds characters that nobody sees, or nothing that anybody does. Joiners stand where scripts and emoji need
  /// them: between two visible characters.
  public var hasInvisibleScalars: Bool {
    guard !utf8.allSatisfy({ $0 < 0x80 }) else { return false }
    var isAfterVisible = false
    var joinerWaits = false
    for scalar in unicodeScalars {
      if scalar.isJoiner {
        guard isAfterVisible, !joinerWaits else { return true }
        joinerWaits = true
        continue
      }
      if scalar.isInvisible { return true }
      if joinerWaits, scalar.properties.isWhitespace { return true }
      joinerWaits = false
      isAfterVisible = !scalar.properties.isWhitespace
    }
    return joinerWaits
  }
}

extension Unicode.Scalar {
  /// Zero-width non-joiner and joiner: Persian and Indic words and composed emoji are spelled with them.
  fileprivate var isJoiner: Bool { value == 0x200C || value == 0x200D }

  /// Takes no room and says nothing: zero-width spaces, text-direction overrides, fillers, soft hyphens.
  fileprivate var isInvisible: Bool {
    switch value {
    case 0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B...0x180E, 0x200B,
      0x200E, 0x200F, 0x202A...0x202E, 0x2060...0x206F, 0x3164, 0xFEFF, 0xFFA0, 0xFFF9...0xFFFB,
      0xE0000...0xE0FFF:
      true
    default: false
    }
  }
}
