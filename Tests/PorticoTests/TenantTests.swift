import Foundation
import RPC
import Testing

@testable import portico

@Suite("portico tenant")
struct TenantCommandTests {
  @Test(
    "S-008 S-009 a portal can be opened without the demo, and its administrator gets in by the link"
  )
  func open() async throws {
    let data = FileManager.default.temporaryDirectory
      .appending(path: "portico-tenant-\(RequestID.make())", directoryHint: .isDirectory)
    let arguments = [
      "acme", "--name", "Acme IT", "--first-name", "Ada", "--email", "ada@acme.example", "--data",
      data.path,
    ]
    try await Tenant.parse(arguments).run()
    #expect(FileManager.default.fileExists(atPath: data.appending(path: "identity.db").path))
    // A second one of that name is refused: the portal is there.
    await #expect(throws: Status.self) {
      try await Tenant.parse(arguments + ["--user-name", "grace"]).run()
    }
    try FileManager.default.removeItem(at: data)
  }
}
