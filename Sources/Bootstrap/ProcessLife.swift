import Foundation
import Logging
import UnixSignals

/// From the start of a process's parts to the end of the last one, as the signals say:
///
///     SIGTERM, SIGINT   drain and leave; the second one ends what still runs
///     SIGHUP            read certificates again; the end for a process that a terminal started, because it is gone
struct ProcessLife: Sendable {
  let parts: [any ProcessPart]
  let telemetry: ProcessTelemetry
  let logger: Logger

  /// Signals that come before everything has started wait until then.
  func run(_ signals: UnixSignalsSequence) async throws {
    let hasTerminal = isatty(STDIN_FILENO) == 1
    let started = try await start()
    let notification = ServiceNotification()
    tell { try notification?.ready() }
    let beating = Task { await notification?.keepAlive(logger) }
    let (ending, end) = AsyncStream<Void>.makeStream()
    let stopping = Task {
      for await _ in ending {}
      tell { try notification?.stopping() }
      await stop(started)
    }
    let listening = Task {
      var isEnding = false
      for await signal in signals {
        if signal == .sighup, !hasTerminal {
          await reload(started)
        } else if isEnding {
          logger.notice("ending at once", metadata: ["signal": "\(signal)"])
          stopping.cancel()
        } else {
          logger.info("draining", metadata: ["signal": "\(signal)"])
          isEnding = true
          end.finish()
        }
      }
    }
    await withTaskCancellationHandler {
      await stopping.value
    } onCancel: {
      end.finish()
    }
    listening.cancel()
    beating.cancel()
  }

  private func tell(_ body: () throws -> Void) {
    do { try body() } catch {
      logger.warning("systemd does not hear of us", metadata: ["reason": "\(error)"])
    }
  }

  private func start() async throws -> [any ProcessPart] {
    var started: [any ProcessPart] = []
    do {
      for part in parts {
        try await part.start()
        started.append(part)
      }
      telemetry.readiness.started()
      return started
    } catch {
      await stop(started)
      throw error
    }
  }

  private func stop(_ started: [any ProcessPart]) async {
    telemetry.readiness.draining()
    for part in started.reversed() { await part.stop() }
  }

  private func reload(_ started: [any ProcessPart]) async {
    for part in started {
      do { try await part.reload() } catch {
        logger.error(
          "cannot be reloaded", metadata: ["part": "\(part.name)", "reason": "\(error)"])
      }
    }
  }
}
