/// Why a set of proto files cannot be used: the file and element at fault, and what is wrong with it.
public struct DescriptorError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `acme/v1/shop.proto`, or "" where no file is to blame.
  public let file: String
  /// Full name of the element, `acme.v1.Order.lines`, or "".
  public let element: String
  public let reason: String

  init(file: String = "", element: String = "", _ reason: String) {
    self.file = file
    self.element = element
    self.reason = reason
  }

  public var description: String {
    ([file, element].filter { !$0.isEmpty } + [reason]).joined(separator: ": ")
  }
}

/// What one pool may hold. A pool is never freed, so these also bound what it costs for good.
public struct DescriptorLimits: Sendable, Hashable {
  /// Bytes of all files together.
  public var bytes: Int
  /// Messages, fields, enum values and methods of all files together.
  public var elements: Int
  /// Messages declared inside messages, the outermost counting as one.
  public var nesting: Int

  public init(bytes: Int = 16 << 20, elements: Int = 200_000, nesting: Int = 32) {
    self.bytes = bytes
    self.elements = elements
    self.nesting = nesting
  }
}
