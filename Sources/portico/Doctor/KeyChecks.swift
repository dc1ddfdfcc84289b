import Access
import Foundation

/// The keys by which processes prove who they are, and who may read them.
struct KeyChecks {
  let folder: URL
  /// Whose private key must be there; nil when all are kept together.
  let process: String?

  var findings: [Finding] {
    guard FileManager.default.fileExists(atPath: folder.path) else {
      return [
        .wrong(
          "keys", "\(folder.path) is not there",
          remedy: "portico keys makes them; bring each process its own and all public ones")
      ]
    }
    return [pairs] + modes
  }

  private var pairs: Finding {
    let keys: Keyring
    do { keys = try Keyring(contentsOf: folder) } catch {
      return .wrong("keys", "\(error)", remedy: "restore \(folder.path) from a backup")
    }
    guard keys.publicKeys[Verifier.identity] != nil else {
      return .wrong(
        "keys", "identity.pub.pem is missing, so nobody who signs in is believed",
        remedy: "copy it from where `portico keys` made it to \(folder.path)")
    }
    if let process {
      do { _ = try keys.signer(for: process) } catch {
        return .wrong(
          "keys", "\(process).key.pem is missing",
          remedy: "copy it from where `portico keys` made it to \(folder.path), mode 0600")
      }
    }
    return .fine("keys", "\(keys.publicKeys.count) public keys")
  }

  private var modes: [Finding] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() } catch {
      return [
        .wrong(
          "file-modes", "\(folder.path) cannot be read",
          remedy: "give it to the user that runs the process")
      ]
    }
    let open = names.filter { $0.hasSuffix(".key.pem") }.compactMap { name -> Finding? in
      let path = folder.appending(path: name).path
      guard let mode = FileMode.of(path), mode & 0o077 != 0 else { return nil }
      return .wrong(
        "file-modes", "\(path) has the mode \(FileMode.octal(mode)): others can use it",
        remedy: "chmod 0600 \(path), and make the key anew if somebody may have read it")
    }
    return open.isEmpty ? [.fine("file-modes", "nobody else can read the private keys")] : open
  }
}
