import CSodium
import Foundation
import Synchronization
import Threads
import Values

/// Argon2id at the OWASP setting (19 MiB, two passes), on threads of its own (V-18).
///
/// A hash takes a core for about 25 ms: it never runs on an event loop, no more than `threads` run at once, and
/// when the queue is full the caller is told so instead of waiting.
public final class PasswordHasher: Sendable {
  /// Memory a hash touches, in bytes, and the passes over it.
  public static let memory = 19 << 20
  public static let passes = 2
  /// The longest password that is hashed, in UTF-8 bytes; longer ones are refused (D-44 allows at least 64
  /// characters).
  public static let longestPassword = 1024

  private let pool: WorkerPool
  private let count = Atomic(0)
  private let decoy: String

  /// - Parameters:
  ///   - threads: how many hashes run at once; at most the number of cores less one.
  ///   - queueLimit: how many more wait.
  public init(threads: Int? = nil, queueLimit: Int = 64) throws(PasswordError) {
    let most = max(1, ProcessInfo.processInfo.activeProcessorCount - 1)
    pool = WorkerPool(
      name: "password", threads: min(threads ?? most, most), queueLimit: queueLimit)
    decoy = try Self.hashNow(Base64URL.encode(SecureRandom.bytes(32)))
  }

  /// How often the memory-hard function ran: each check costs one, whether or not the account exists.
  public var evaluations: Int { count.load(ordering: .relaxed) }

  /// The PHC string (`$argon2id$v=19$m=19456,t=2,p=1$…`) of a new password, with a salt of its own.
  public func hash(_ password: Secret<String>) async throws -> String {
    try await run { try Self.hashNow(password.reveal()) }
  }

  /// Whether `password` is the one of `hash`. Without a hash (no such user, no password set) it does the same
  /// work on a decoy and answers no, so that the time tells nothing.
  public func verify(_ password: Secret<String>, against hash: String?) async throws -> Bool {
    let (stored, exists) = (hash ?? decoy, hash != nil)
    return try await run {
      let text = password.reveal()
      guard text.utf8.count <= Self.longestPassword else { throw PasswordError.tooLong }
      let matches = crypto_pwhash_str_verify(stored, text, UInt64(text.utf8.count)) == 0
      return matches && exists
    }
  }

  /// Whether a stored hash was made with other settings, and should be made again at the next good login.
  public static func needsRehash(_ hash: String) -> Bool {
    crypto_pwhash_str_needs_rehash(hash, UInt64(passes), memory) != 0
  }

  private func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
    do {
      return try await pool.run { [self] in
        count.wrappingAdd(1, ordering: .relaxed)
        return try body()
      }
    } catch is WorkerPoolFull {
      throw PasswordError.busy
    }
  }

  private static func hashNow(_ password: String) throws(PasswordError) -> String {
    guard password.utf8.count <= longestPassword else { throw .tooLong }
    sodium.ensureReady()
    var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
    let status = crypto_pwhash_str(
      &text, password, UInt64(password.utf8.count), UInt64(passes), memory)
    guard status == 0 else { throw .outOfMemory }
    return String(
      decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

public enum PasswordError: Error, Sendable, Equatable {
  case tooLong
  /// Too many logins at once: try again shortly.
  case busy
  case outOfMemory
}
