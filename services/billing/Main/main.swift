import BillingService
import Bootstrap

try await ServiceProcess.run(BillingService.self)
