import Bootstrap
import Gateway

await ServiceProcess.run("gateway") { settings, telemetry in
  let logger = try ProcessLog.logger("gateway", settings)
  return ([try GatewayHost(settings, telemetry: telemetry, logger: logger)], logger)
}
