import Bootstrap
import TicketingService

await ServiceProcess.run(TicketingService.self)
