import Foundation
import Logging
import UnixSignals

/// A whole process: `Main/main.swift` of a service is one call of this.
public enum ServiceProcess {
  /// Reads the settings, runs the service until SIGTERM or SIGINT, drains and returns. A second signal ends the
  /// drain; SIGHUP reads certificates again. Wrong settings end the process with status 64, a failed start with 70, both with one line that says why.
  public static func run<Service: HostedService>(_ service: Service.Type) async {
    await run(Service.name) { settings, telemetry in
      let configuration = try HostConfiguration(
        service: Service.name, settings, telemetry: telemetry)
      return ([ServiceHost(service, configuration)], configuration.logger)
    }
  }

  /// The same for any parts, started in their order and stopped in the reverse one.
  public static func run(
    _ name: String,
    _ parts: (Settings, ProcessTelemetry) async throws -> ([any ProcessPart], Logger)
  ) async {
    if CommandLine.arguments.contains("--help") {
      return FileHandle.standardOutput.write(Data(SettingPage.text(for: name).utf8))
    }
    ProcessCores.fitEventLoops()
    do {
      let settings = try await Settings()
      try settings.refuseUnknown(for: name)
      let telemetry = try ProcessTelemetry(settings)
      let (parts, logger) = try await parts(settings, telemetry)
      try await run(
        telemetry.parts(settings, logger: logger) + parts, telemetry: telemetry, logger: logger)
    } catch let error as SettingError {
      fail(name, error, status: 64)
    } catch {
      fail(name, error, status: 70)
    }
  }

  /// Starts parts, waits for a signal, and stops them. What is in memory never reaches a core file.
  public static func run(
    _ parts: [any ProcessPart], telemetry: ProcessTelemetry = ProcessTelemetry(), logger: Logger
  ) async throws {
    try forbidCoreFiles()
    // From here on, so that no signal is lost while the parts start.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
    try await ProcessLife(parts: parts, telemetry: telemetry, logger: logger).run(signals)
  }

  private static func forbidCoreFiles() throws {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      let result = setrlimit(.init(RLIMIT_CORE.rawValue), &none)
    #else
      let result = setrlimit(RLIMIT_CORE, &none)
    #endif
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EPERM) }
  }

  private static func fail(_ name: String, _ error: any Error, status: Int32) -> Never {
    FileHandle.standardError.write(Data("portico-\(name): \(error)\n".utf8))
    exit(status)
  }
}
