import Bootstrap
import CmsService

await ServiceProcess.run(CmsService.self)
