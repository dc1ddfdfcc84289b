// portico: the command of an installation. `up` runs everything in one process; the other commands
// look after keys and data. It owns no rule of the product: it starts services and calls their RPCs.

import ArgumentParser

@main
struct Portico: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "portico", abstract: "A client portal: run it, fill it, look after it.",
    subcommands: [
      Up.self, Tenant.self, Seed.self, Call.self, Keys.self, Certs.self, Migrate.self, Backup.self,
      Restore.self, Probe.self, Doctor.self, SettingsPage.self,
    ])
}
