import Bootstrap
import TicketingService

try await ServiceProcess.run(TicketingService.self)
