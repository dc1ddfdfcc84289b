/// Every setting of every process, so that one file can serve them all and a name that nobody reads is told from one that
/// another process reads. Tests hold it against what the processes really read.
public enum SettingCatalog {
  public static let all: [Setting] = process + betweenServices + services + gateway + product

  static let process: [Setting] = [
    Setting("config", "A JSON file with settings; flags and the environment come before it."),
    Setting(
      "listen", .text, "127.0.0.1:8080 (gateway)",
      "Address to serve on: `host:port`, for a service also `unix:/path`. Required of services."),
    Setting(
      "internal.listen",
      "Address of `/metrics`, `/healthz` and `/readyz`, for the inside only. Without it there is none."
    ),
    Setting("keys.folder", .text, "data/keys", "Everybody's public keys and the process's own."),
    Setting(
      "log.format", .choice(["json", "text"]), "json, text on a terminal", "The form of log lines."),
    Setting(
      "log.level",
      .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]), "info",
      "The least important lines that are written."),
    Setting(
      "tracing.endpoint",
      "Where spans go: an OTLP collector over gRPC, `collector:4317` or `https://…`. Without it none are recorded."
    ),
    Setting(
      "tracing.sample", .ratio, "0.01",
      "How many of the requests that begin at the gateway are traced."),
    Setting(
      "drain.seconds", .number(0...600), "8",
      "How long running calls and requests may go on after SIGTERM."),
  ]

  static let betweenServices: [Setting] = [
    Setting(
      "peers", .list,
      "Where the other services are: `identity=10.0.0.7:7601,cms=dns:///cms:7604`; further addresses of a service follow without a name."
    ),
    Setting(
      "keepalive.seconds", .number(10...7200), "30",
      "A peer that is silent for so long during a call must answer a PING within 10 s."),
    Setting("tls.certificate", "PEM file of the process's certificate chain; with the next two."),
    Setting("tls.key", "PEM file of its private key."),
    Setting("tls.roots", "PEM file of the authority that signs the certificates of the others."),
    Setting(
      "tls.reload.seconds", .number(0...86_400), "10",
      "How often changed files are looked for; SIGHUP looks at once. 0: only then."),
  ]

  static let services: [Setting] = [
    Setting(
      "database.url", .secret, of: .services,
      "`sqlite:PATH` or `postgres://…`, as the role that the service works as. Required."),
    Setting(
      "database.owner", .secret, of: .services,
      "`postgres://…` of the role that owns the tables and brings them up to date at the start; without it `portico migrate` does."
    ),
    Setting(
      "database.connections", .number(1...500), "8", of: .services,
      "Connections to PostgreSQL of each process."),
    Setting(
      "database.waiting", .number(1...100_000), "2048", of: .services,
      "Transactions that wait for a connection; one more is refused."),
    Setting(
      "database.wait.seconds", .number(1...300), "10", of: .services,
      "How long a transaction waits for a connection."),
    Setting(
      "database.statement.seconds", .number(1...600), "15", of: .services,
      "How long a statement may take."),
    Setting(
      "database.lock.seconds", .number(1...600), "10", of: .services,
      "How long a statement waits for a lock."),
    Setting(
      "database.idle.seconds", .number(1...600), "20", of: .services,
      "How long a transaction may do nothing."),
    Setting("blobs.folder", .text, "data/blobs", of: .services, "Where uploaded files go."),
    Setting(
      "events.days", .number(1...3650), "30", of: .services,
      "For how long a reader of events can resume."),
    Setting(
      "events.bookmark.seconds", .number(1...300), "15", of: .services,
      "How often a silent stream of events says how far it has come."),
    Setting(
      "report.seconds", .number(1...300), "10", of: .services,
      "How often a process tells the others of its service how it is doing."),
    Setting(
      "reflection", .flag, "false", of: .services,
      "Tells anyone who reaches the listener what can be called there."),
    Setting(
      "tls.clients", .list, of: .services,
      "Names in certificates that may call; the processes that have keys here unless it says otherwise."
    ),
  ]
}
