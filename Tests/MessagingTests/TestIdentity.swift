import Access
import Foundation
import Handling
import PorticoAPI
import RPC
import TestSupport
import Testing
import Values
import WellKnown

@testable import MessagingService

/// Answers what messaging asks identity: two contacts of one account, one of another, and a portal's name.
struct TestContacts: ContactsService {
  func getContact(
    _ request: Identity.GetContactRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let known = [
      "accounts/acme/contacts/ada": ("Ada King", "ada@acme.example"),
      "accounts/acme/contacts/bob": ("Bob Hall", "bob@acme.example"),
      "accounts/globex/contacts/eve": ("Eve Moss", "eve@globex.example"),
    ]
    guard let person = known[request.name], try call.principal.tenant == TestPrincipal.tenant else {
      throw Status(.notFound, "not found")
    }
    return Identity.Contact(
      name: request.name, displayName: person.0, email: person.1,
      accountDisplayName: request.name.contains("acme") ? "Acme" : "Globex")
  }

  func listContacts(
    _ request: Identity.ListContactsRequest, _ call: Call
  ) async throws -> Identity.ListContactsResponse { throw unasked }
  func createContact(
    _ request: Identity.CreateContactRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unasked }
  func updateContact(
    _ request: Identity.UpdateContactRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unasked }
  func updatePortalAccess(
    _ request: Identity.UpdatePortalAccessRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unasked }
  func sendLogin(
    _ request: Identity.SendLoginRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unasked }
}

struct TestPortals: PortalsService {
  func getPortal(
    _ request: Identity.GetPortalRequest, _ call: Call
  ) async throws -> Identity.Portal {
    Identity.Portal(tenant: request.tenant, displayName: "Portal of \(request.tenant)")
  }

  func getPortalSettings(
    _ request: Identity.GetPortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings { throw unasked }
  func updatePortalSettings(
    _ request: Identity.UpdatePortalSettingsRequest, _ call: Call
  ) async throws -> Identity.PortalSettings { throw unasked }
  func getPasswordPolicy(
    _ request: Identity.GetPasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy { throw unasked }
  func updatePasswordPolicy(
    _ request: Identity.UpdatePasswordPolicyRequest, _ call: Call
  ) async throws -> Identity.PasswordPolicy { throw unasked }
}

private let unasked = Status(.unimplemented, "messaging does not ask this")

/// What a call failed with; a success fails the test.
func failure<T>(_ body: () async throws -> T) async throws -> Status {
  do {
    _ = try await body()
  } catch let status as Status {
    return status
  }
  throw Succeeded()
}

struct Succeeded: Error {}

extension Status {
  /// `google.rpc.ErrorInfo.reason`, or nothing.
  var reason: String {
    get throws {
      try details.lazy.compactMap { try $0.unpacked(as: GoogleRpc.ErrorInfo.self) }.first?.reason
        ?? ""
    }
  }
}
