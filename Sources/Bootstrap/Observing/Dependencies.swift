import Access
import Foundation
import GRPCServices
import PorticoAPI
import RPC
import Store

/// What one service depends on, as checks of the process's readiness: the store and identity's key it cannot do without;
/// without room on the disk it still reads, and without another service it still does the rest.
struct Dependencies: Sendable {
  private let name: String
  private let store: any Store
  private let configuration: HostConfiguration
  private let peers: Peers

  init(_ name: String, store: any Store, configuration: HostConfiguration, peers: Peers) {
    self.name = name
    self.store = store
    self.configuration = configuration
    self.peers = peers
  }

  /// Returns what `remove` takes.
  func add(to readiness: ReadinessBoard) -> [Int] {
    let (store, peers, keys) = (store, peers, configuration.keys)
    let folders = configuration.folders
    var numbers = [
      readiness.add("\(name)/store") { store.condition.refusal.map { "takes no writes: \($0)" } },
      readiness.add("\(name)/identity-key") {
        keys.publicKeys[Verifier.identity] == nil ? "identity's public key is not here" : nil
      },
      readiness.add("\(name)/disk", isNeeded: false) {
        for folder in folders {
          guard let space = DiskSpace(at: folder) else { return "\(folder.path) is not there" }
          if space.freeBytes < DiskSpace.least { return "less than 64 MiB free" }
        }
        return nil
      },
    ]
    for peer in configuration.peers.keys.sorted() where peer != name {
      numbers.append(
        readiness.add("\(name)/peers/\(peer)", isNeeded: false, isRemote: true) {
          await peers.reason(against: peer)
        }
      )
    }
    return numbers
  }
}

extension Peers {
  /// Why a service cannot be called now; nil when it serves.
  /// - Parameter patience: how long an answer is waited for.
  public func reason(
    against service: String, patience: Duration = .seconds(1)
  ) async -> String? {
    do {
      let answer = try await HealthClient(caller(service)).check(
        .init(), CallOptions(deadline: .after(patience), inheritsContext: false))
      return answer.status == .serving ? nil : "does not serve"
    } catch let status as Status {
      return "does not answer: \(status.code)"
    } catch {
      return "does not answer"
    }
  }
}

extension HostConfiguration {
  /// Where the service keeps its files, and its rows where these are files.
  var folders: [URL] { [blobs] + store.folders }
}

extension StoreLocation {
  /// The folders of this machine that it writes to.
  var folders: [URL] {
    switch self {
    case .sqlite(let path): [URL(fileURLWithPath: path).deletingLastPathComponent()]
    case .memory, .postgres: []
    }
  }
}
