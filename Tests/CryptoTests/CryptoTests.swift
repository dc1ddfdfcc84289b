import Crypto
import Foundation
import Testing
import Values

func hex(_ bytes: [UInt8]) -> String {
  bytes.map { String(256 + Int($0), radix: 16).dropFirst() }.joined()
}

func bytes(_ hex: String) -> [UInt8] {
  stride(from: 0, to: hex.count, by: 2).compactMap {
    UInt8(hex.dropFirst($0).prefix(2), radix: 16)
  }
}

@Suite("Hashes")
struct HashTests {
  @Test("SHA-256 gives the digests of FIPS 180-4, whole and in pieces")
  func sha256() {
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(hex(SHA256.hash(Array("abc".utf8))) == expected)
    #expect(
      hex(SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    let hasher = SHA256()
    for byte in "abc".utf8 { hasher.update([byte]) }
    #expect(hex(hasher.finish()) == expected)
    hasher.update(Array("abc".utf8))
    #expect(hex(hasher.finish()) == expected)
  }

  @Test("HMAC-SHA256 gives the codes of RFC 4231")
  func hmac() {
    let code = HMACSHA256.authenticate(
      Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8))
    #expect(hex(code) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    #expect(
      HMACSHA256.isValid(
        code, for: Array("what do ya want for nothing?".utf8), key: Array("Jefe".utf8)))
    #expect(!HMACSHA256.isValid(code, for: Array("something else".utf8), key: Array("Jefe".utf8)))
  }

  @Test("R-221 comparison tells equal from unequal, of any lengths")
  func comparison() {
    #expect(constantTimeEqual([1, 2, 3], [1, 2, 3]))
    #expect(constantTimeEqual([], []))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2, 4]))
    #expect(!constantTimeEqual([1, 2, 3], [1, 2]))
  }

  @Test(
    "base64url has one spelling for each byte string",
    arguments: ["", "00", "fbff", "fffefd", "14fb9c03d97e"])
  func base64(_ text: String) {
    #expect(Base64URL.decode(Base64URL.encode(bytes(text))) == bytes(text))
  }

  @Test("base64url refuses padding, other alphabets, impossible lengths and stray bits")
  func badBase64() {
    for text in ["AA==", "+/", "A", "AB", "A B", "AAA\n"] { #expect(Base64URL.decode(text) == nil) }
    #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
  }
}

@Suite("Secrets")
struct SecretTests {
  @Test("D-43 a token is 256 bits that come back from its text, and its hash is what is kept")
  func token() throws {
    let token = SecretToken()
    let text = token.reveal()
    #expect(text.count == 43)
    let again = try #require(SecretToken(text))
    #expect(again == token)
    #expect(again.hash == token.hash)
    #expect(token.hash.count == 32)
    #expect(SecretToken() != token)
    #expect(SecretToken("short") == nil)
    #expect(SecretToken(text + "A") == nil)
  }

  @Test("X-27 secrets are not printed, whichever way")
  func printing() throws {
    let token = SecretToken()
    let secret = Secret("hunter2hunter2")
    let key = SigningKey()
    let pem = try key.pem()
    var dumped = ""
    dump(token, to: &dumped)
    dump(secret, to: &dumped)
    dump(key, to: &dumped)
    let printed =
      "\(token) \(secret) \(key) \(String(reflecting: [token]))"
      + "\(String(reflecting: ["p": secret])) \(String(reflecting: Optional(key))) \(dumped)"
    #expect(!printed.contains(token.reveal()))
    #expect(!printed.contains("hunter2"))
    let seed = try #require(pem.split(separator: "\n").dropFirst().first)
    #expect(!printed.contains(seed))
  }
}

@Suite("Ed25519")
struct Ed25519Tests {
  @Test("RFC 8032, test 2")
  func vector() throws {
    let key = try SigningKey(
      seed: bytes("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
    #expect(
      hex(key.verifyingKey.bytes)
        == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    let signature = key.sign([0x72])
    #expect(
      hex(signature)
        == "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    #expect(key.verifyingKey.isValid(signature, for: [0x72]))
  }

  @Test("a changed message, a changed signature, a cut one and another key's are refused")
  func forgeries() {
    let key = SigningKey()
    let signature = key.sign([1, 2, 3])
    #expect(!key.verifyingKey.isValid(signature, for: [1, 2, 4]))
    for index in [0, 31, 32, 63] {
      var changed = signature
      changed[index] ^= 1
      #expect(!key.verifyingKey.isValid(changed, for: [1, 2, 3]))
    }
    #expect(!key.verifyingKey.isValid(Array(signature.dropLast()), for: [1, 2, 3]))
    #expect(!SigningKey().verifyingKey.isValid(signature, for: [1, 2, 3]))
  }

  @Test(
    "keys go to files and back; the private one is its owner's only, and an exposed one is refused")
  func files() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let key = SigningKey()
    let privatePath = folder.appendingPathComponent("a.key.pem").path
    let publicPath = folder.appendingPathComponent("a.pub.pem").path
    try key.write(to: privatePath)
    try key.verifyingKey.write(to: publicPath)
    let mode = try FileManager.default.attributesOfItem(atPath: privatePath)[.posixPermissions]
    #expect(mode as? Int == 0o600)
    #expect(try SigningKey(contentsOf: privatePath).sign([7]) == key.sign([7]))
    #expect(try VerifyingKey(contentsOf: publicPath) == key.verifyingKey)
    #expect(throws: KeyError.self) { try key.write(to: privatePath) }
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: privatePath)
    #expect(throws: KeyError.exposed(path: privatePath, mode: 0o640)) {
      try SigningKey(contentsOf: privatePath)
    }
    #expect(throws: KeyError.self) { try VerifyingKey(pem: "no key") }
    #expect(throws: KeyError.self) { try SigningKey(pem: try key.verifyingKey.pem()) }
  }

  @Test("PEM is what OpenSSL writes")
  func pem() throws {
    let key = try SigningKey(seed: [UInt8](0..<32))
    #expect(
      try key.pem() == """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
        -----END PRIVATE KEY-----

        """)
  }
}

@Suite("Passwords")
struct PasswordTests {
  @Test("D-44 a password is verified by its Argon2id string, another is not")
  func verify() async throws {
    let hasher = try PasswordHasher(threads: 2)
    let hash = try await hasher.hash(Secret("correct horse battery staple"))
    #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
    #expect(try await hasher.verify(Secret("correct horse battery staple"), against: hash))
    #expect(!(try await hasher.verify(Secret("correct horse battery stapler"), against: hash)))
    #expect(!(try await hasher.verify(Secret(""), against: hash)))
    #expect(!(try await hasher.verify(Secret("x"), against: "not a hash")))
    #expect(!PasswordHasher.needsRehash(hash))
    #expect(PasswordHasher.needsRehash("$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$aGFzaA"))
  }

  @Test("X-04 a name that nobody has costs the same one evaluation, and is always wrong")
  func unknownUser() async throws {
    let hasher = try PasswordHasher(threads: 1)
    let hash = try await hasher.hash(Secret("secret-enough"))
    let before = hasher.evaluations
    _ = try await hasher.verify(Secret("wrong"), against: hash)
    #expect(hasher.evaluations == before + 1)
    #expect(!(try await hasher.verify(Secret("wrong"), against: nil)))
    #expect(hasher.evaluations == before + 2)
  }

  @Test("a NUL does not end a password, and a very long one is refused")
  func oddPasswords() async throws {
    let hasher = try PasswordHasher(threads: 1)
    let hash = try await hasher.hash(Secret("abc\0def"))
    #expect(!(try await hasher.verify(Secret("abc\0xyz"), against: hash)))
    #expect(!(try await hasher.verify(Secret("abc"), against: hash)))
    let long = Secret(String(repeating: "a", count: PasswordHasher.longestPassword + 1))
    await #expect(throws: PasswordError.tooLong) { try await hasher.hash(long) }
    await #expect(throws: PasswordError.tooLong) { try await hasher.verify(long, against: hash) }
  }

  @Test("V-18 with a full queue the next login is told so")
  func busy() async throws {
    let hasher = try PasswordHasher(threads: 1, queueLimit: 1)
    let outcomes = await withTaskGroup(of: Result<String, any Error>.self) { group in
      for _ in 0..<32 {
        group.addTask {
          do { return .success(try await hasher.hash(Secret("a password"))) } catch {
            return .failure(error)
          }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let refused = outcomes.compactMap { outcome -> PasswordError? in
      guard case .failure(let error) = outcome else { return nil }
      return error as? PasswordError
    }
    #expect(refused.allSatisfy { $0 == .busy })
    #expect(!refused.isEmpty)
    #expect(refused.count < outcomes.count)
  }
}
