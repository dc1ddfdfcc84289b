// Bootstrap: one process. Settings, log, clock, store with its migrations, keys, the RPC server with gate and health,
// channels to the other services, the outbox relay, jobs, signals and a graceful drain.
// A service is a `HostedService`; `ServiceProcess.run` makes a process of it, and `ServiceHost` runs it inside another.
// Knows no product: a service's name is whatever it says.
