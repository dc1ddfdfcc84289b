import Bootstrap
import Gateway

await ServiceProcess.run("gateway") { settings in
  let logger = try ProcessLog.logger("gateway", settings)
  return ([try GatewayHost(settings, logger: logger)], logger)
}
