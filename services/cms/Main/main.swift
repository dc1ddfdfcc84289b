import Bootstrap
import CmsService

try await ServiceProcess.run(CmsService.self)
