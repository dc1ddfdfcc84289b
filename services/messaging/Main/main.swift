import Bootstrap
import MessagingService

try await ServiceProcess.run(MessagingService.self)
