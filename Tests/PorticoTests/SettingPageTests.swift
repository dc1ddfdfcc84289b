import Access
import BillingService
import Bootstrap
import CmsService
import Foundation
import Gateway
import IdentityService
import Logging
import MessagingService
import TestSupport
import Testing
import TicketingService

@Suite("The page of settings")
struct SettingPageTests {
  private static let page = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().appending(path: "../../docs/settings.md").standardizedFileURL

  /// `UPDATE_SETTINGS=1` writes it, which `make settings` does.
  @Test("docs/settings.md is what the declarations make of it")
  func current() throws {
    if ProcessInfo.processInfo.environment["UPDATE_SETTINGS"] == "1" {
      try SettingPage.markdown.write(to: Self.page, atomically: true, encoding: .utf8)
    }
    let written = try String(contentsOf: Self.page, encoding: .utf8)
    #expect(written == SettingPage.markdown, "make settings writes it")
  }

  @Test("no key, flag or variable is there twice, and every setting has a meaning")
  func distinct() {
    let all = SettingCatalog.all
    for names in [all.map(\.key), all.map(\.flag), all.map(\.variable)] {
      #expect(Set(names).count == names.count)
    }
    #expect(all.allSatisfy { $0.meaning.hasSuffix(".") && $0.meaning.count > 5 })
  }

  /// Read only where another setting wants them, or by the way to the database.
  private static let conditional: Set<String> = [
    "tls.reload.seconds", "tls.clients", "config", "internal.listen", "tracing.endpoint",
    "tracing.sample",
  ]

  private func check(_ settings: Settings, of process: String) {
    let declared = Dictionary(uniqueKeysWithValues: SettingCatalog.all.map { ($0.key, $0) })
    for (key, read) in settings.reads {
      guard let setting = declared[key] else {
        Issue.record("\(process) reads \(key), which is not in SettingCatalog")
        continue
      }
      #expect(
        setting.readers == .every || "\(setting.readers)".contains(process)
          || (setting.readers == .services && process != "gateway"), "\(process) reads \(key)")
      if read.kind == .text {
        #expect(![.flag, .ratio].contains(setting.kind), "\(key)")
      } else {
        #expect(setting.kind == read.kind, "\(key) of \(process)")
      }
      if let standard = read.standard, case .number = setting.kind, let said = setting.standard,
        Int(said) != nil
      {
        #expect(standard == said, "\(key) of \(process)")
      }
    }
    let own = SettingCatalog.all.filter { setting in
      switch setting.readers {
      case .every: true
      case .services: process != "gateway"
      case .some(let names): names.contains(process)
      }
    }
    let unread = Set(own.map(\.key)).subtracting(settings.reads.keys).subtracting(Self.conditional)
    #expect(unread.isEmpty, "\(process) does not read \(unread.sorted())")
  }

  private func checkService<Service: HostedService>(_ service: Service.Type, _ folder: URL)
    async throws
  {
    let settings = Settings([
      "listen": "unix:\(folder.path)/\(Service.name)", "database.url": "sqlite::memory:",
      "blobs.folder": folder.appending(path: "blobs").path,
      "keys.folder": folder.appending(path: "keys").path, "mail.smtp.host": "127.0.0.1",
      "mail.from": "a@b.example", "log.level": "critical",
    ])
    let host = ServiceHost(service, try HostConfiguration(service: Service.name, settings))
    try await host.start()
    await host.stop()
    check(settings, of: Service.name)
  }

  @Test("what the processes read is what the page says, with its defaults and ranges")
  func reads() async throws {
    let folder = URL(fileURLWithPath: "/tmp/pg-\(UUID().uuidString.prefix(8))")
    let names = ["identity", "ticketing", "messaging", "billing", "cms", "gateway", "operator"]
    let keys = folder.appending(path: "keys")
    _ = try Keyring.create(in: keys, for: names)
    do {
      try await checkService(IdentityService.self, folder)
      try await checkService(TicketingService.self, folder)
      try await checkService(MessagingService.self, folder)
      try await checkService(BillingService.self, folder)
      try await checkService(CmsService.self, folder)
      let settings = Settings(["listen": "127.0.0.1:0", "keys.folder": keys.path])
      let logger = try ProcessLog.logger("gateway", settings)
      _ = try GatewayHost(settings, logger: logger)
      check(settings, of: "gateway")
    } catch {
      try FileManager.default.removeItem(at: folder)
      throw error
    }
    try FileManager.default.removeItem(at: folder)
  }
}
