import Bootstrap
import MessagingService

await ServiceProcess.run(MessagingService.self)
