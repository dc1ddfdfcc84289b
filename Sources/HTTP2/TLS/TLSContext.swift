import Glibc
import Logging
import Synchronization

/// Certificates, key and rules of one side. New connections use what the files hold by then: certificates are renewed
/// without a restart, and connections that are open keep what they began with. Files that cannot be
/// used are logged once and change nothing.
public final class TLSContext: Sendable {
  private struct State {
    var material: TLSMaterial
    /// The files of `material`, and those that were looked at last.
    var loaded: [FileStamp?]
    var seen: [FileStamp?]
    var looked: ContinuousClock.Instant
  }

  public let configuration: TLSConfiguration
  let isServer: Bool
  private let logger: Logger
  private let state: Mutex<State>

  public static func server(
    _ configuration: TLSConfiguration, logger: Logger = Logger(label: "portico.tls")
  ) throws(TLSError) -> TLSContext {
    guard configuration.certificateChainFile != nil, configuration.privateKeyFile != nil else {
      throw .missingCertificate
    }
    guard configuration.permittedPeerNames.isEmpty || configuration.verification == .mutual else {
      throw .missingTrustRoots
    }
    return try TLSContext(configuration, isServer: true, logger)
  }

  public static func client(
    _ configuration: TLSConfiguration, logger: Logger = Logger(label: "portico.tls")
  ) throws(TLSError) -> TLSContext {
    try TLSContext(configuration, isServer: false, logger)
  }

  private init(
    _ configuration: TLSConfiguration, isServer: Bool, _ logger: Logger
  ) throws(TLSError) {
    self.configuration = configuration
    self.isServer = isServer
    self.logger = logger
    let stamps = Self.stamps(configuration)
    let material = try TLSMaterial(configuration, isServer: isServer)
    state = Mutex(
      State(material: material, loaded: stamps, seen: stamps, looked: ContinuousClock.now))
  }

  /// Reads the files now. Throws when they cannot be used; then the old ones stay.
  public func reload() throws(TLSError) {
    let stamps = Self.stamps(configuration)
    let material = try TLSMaterial(configuration, isServer: isServer)
    state.withLock { state in
      state.material = material
      state.loaded = stamps
      state.seen = stamps
    }
    logger.info("certificates loaded", metadata: ["file": "\(file)"])
  }

  /// What a connection that begins now uses.
  var material: TLSMaterial {
    let (material, isDue) = state.withLock { state -> (TLSMaterial, Bool) in
      let now = ContinuousClock.now
      let isDue = now - state.looked >= configuration.reloadInterval
      if isDue { state.looked = now }
      return (state.material, isDue)
    }
    guard isDue, hasChanged else { return material }
    do {
      try reload()
      return state.withLock { $0.material }
    } catch {
      logger.error(
        "new certificates cannot be used, the old ones stay",
        metadata: ["file": "\(file)", "reason": "\(error)"])
      return material
    }
  }

  /// Whether the files are others than those that were looked at last.
  private var hasChanged: Bool {
    let stamps = Self.stamps(configuration)
    return state.withLock { state in
      defer { state.seen = stamps }
      return stamps != state.seen && stamps != state.loaded
    }
  }

  private var file: String {
    configuration.certificateChainFile ?? configuration.trustRootsFile ?? ""
  }

  private static func stamps(_ configuration: TLSConfiguration) -> [FileStamp?] {
    [
      configuration.certificateChainFile, configuration.privateKeyFile,
      configuration.trustRootsFile,
    ].map { $0.flatMap(FileStamp.init) }
  }
}

/// Tells one state of a file from another without reading it.
private struct FileStamp: Equatable {
  let inode: UInt64
  let size: Int
  let seconds: Int
  let nanoseconds: Int

  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    size = status.st_size
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}
