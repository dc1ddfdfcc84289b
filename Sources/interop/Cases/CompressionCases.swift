extension InteropCase {
  static let compression: [InteropCase] = []
}
