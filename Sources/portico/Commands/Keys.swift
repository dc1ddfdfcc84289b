import Access
import ArgumentParser
import Foundation

/// Makes the key pairs of an installation.
struct Keys: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make the key pair of every service, the gateway and the operator.",
    discussion: """
      A pair that is there already stays. A service needs its own private key and everybody's public \
      ones, which is what it finds in PROCESS/keys below the folder of --to; the operator's private key belongs on \
      no server.
      """)

  @Option(help: "Folder that gets a keys/ folder.") var data = "data"
  @Option(help: "Folder in which each process gets a folder with the keys that it needs.")
  var to: String?

  func run() throws {
    let folder = URL(fileURLWithPath: data, isDirectory: true)
    let keys = try Installation.keys(in: folder)
    for name in keys.publicKeys.keys.sorted() {
      if let to {
        let own = URL(fileURLWithPath: to, isDirectory: true).appending(path: "\(name)/keys")
        try keys.write(for: name, to: own)
        Console.say(own.path)
      } else {
        Console.say("\(data)/keys/\(name).pub.pem")
      }
    }
  }
}
