import CSodium

/// The operating system's random numbers.
public enum SecureRandom {
  public static func bytes(_ count: Int) -> [UInt8] {
    sodium.ensureReady()
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      if let base = buffer.baseAddress { randombytes_buf(base, count) }
      filled = count
    }
  }
}

/// libsodium chooses its implementations and opens its random source once.
struct Sodium: Sendable {
  init() { precondition(sodium_init() >= 0, "libsodium found no source of random numbers") }
  func ensureReady() {}
}

let sodium = Sodium()
