import Crypto
import Foundation
import Values

/// The keys of an installation as one process holds them: everybody's public key, and its own private one.
///
/// On disk `<service>.pub.pem` for each service and `<service>.key.pem` (0600) for those that live here; a process
/// on a host of its own has only its own private key beside all the public ones.
public struct Keyring: Sendable {
  public let publicKeys: [String: VerifyingKey]
  private let privateKeys: [String: SigningKey]

  /// Keys that live in memory only: tests.
  public init(_ services: [String]) {
    privateKeys = Dictionary(uniqueKeysWithValues: services.map { ($0, SigningKey()) })
    publicKeys = privateKeys.mapValues(\.verifyingKey)
  }

  /// Reads a folder of keys.
  public init(contentsOf folder: URL) throws {
    var publicKeys: [String: VerifyingKey] = [:]
    var privateKeys: [String: SigningKey] = [:]
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() {
      let path = folder.appendingPathComponent(file).path
      if file.hasSuffix(Self.publicSuffix) {
        publicKeys[String(file.dropLast(Self.publicSuffix.count))] = try VerifyingKey(
          contentsOf: path)
      } else if file.hasSuffix(Self.privateSuffix) {
        privateKeys[String(file.dropLast(Self.privateSuffix.count))] = try SigningKey(
          contentsOf: path)
      }
    }
    for (name, key) in privateKeys where publicKeys[name] != key.verifyingKey {
      throw KeyError.malformed("the private and the public key of \(name) are not a pair")
    }
    self.publicKeys = publicKeys
    self.privateKeys = privateKeys
  }

  /// Makes the keys that are missing, and reads the folder. Never replaces one.
  public static func create(in folder: URL, for services: [String]) throws -> Keyring {
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    for name in services {
      let privatePath = folder.appendingPathComponent(name + privateSuffix).path
      let publicPath = folder.appendingPathComponent(name + publicSuffix).path
      guard !FileManager.default.fileExists(atPath: publicPath) else { continue }
      // A start that was cut short may have left the private half alone.
      let key: SigningKey
      if FileManager.default.fileExists(atPath: privatePath) {
        key = try SigningKey(contentsOf: privatePath)
      } else {
        key = SigningKey()
        try key.write(to: privatePath)
      }
      try key.verifyingKey.write(to: publicPath)
    }
    return try Keyring(contentsOf: folder)
  }

  /// Writes what one process needs into a folder: everybody's public keys and its own private one. A public key that
  /// changed is replaced, its private one too.
  public func write(for service: String, to folder: URL) throws {
    guard let own = privateKeys[service] else {
      throw KeyError.malformed("no private key of \(service) is here")
    }
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try PEMFile.replace(
      own.pem(), at: folder.appendingPathComponent(service + Self.privateSuffix).path, mode: 0o600)
    for (name, key) in publicKeys {
      try PEMFile.replace(
        key.pem(), at: folder.appendingPathComponent(name + Self.publicSuffix).path, mode: 0o644)
    }
  }

  /// - Throws: `KeyError` when the service's private key is not here.
  public func signer(for service: String) throws(KeyError) -> Signer {
    guard let key = privateKeys[service] else {
      throw .malformed("no private key of \(service) is here")
    }
    return Signer(issuer: service, key: key)
  }

  /// 32 bytes that only holders of a service's private key can make: for what all processes of a service share and
  /// nobody else may know. Ed25519 signs the same text the same way each time.
  public func derivedSecret(_ purpose: String, of service: String) throws(KeyError) -> [UInt8] {
    guard let key = privateKeys[service] else {
      throw .malformed("no private key of \(service) is here")
    }
    return SHA256.hash(key.sign(Array("derived secret: \(purpose)".utf8)))
  }

  /// Checks tokens that are meant for a service, or for the installation.
  public func verifier(for service: String, clock: any WallClock) -> Verifier {
    Verifier(keys: publicKeys, audience: service, clock: clock)
  }

  /// What a service signs its own calls with. Throws when its private key is not here.
  public func serviceIdentity(
    _ service: String, clock: any WallClock
  ) throws(KeyError) -> ServiceIdentity {
    ServiceIdentity(name: service, signer: try signer(for: service), clock: clock)
  }

  private static let publicSuffix = ".pub.pem"
  private static let privateSuffix = ".key.pem"
}
