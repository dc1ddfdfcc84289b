// portico-identity: the identity service as a process of its own.
import Bootstrap
import IdentityService

await ServiceProcess.run(IdentityService.self)
