import BillingService
import Bootstrap

await ServiceProcess.run(BillingService.self)
