import PorticoAPI
import RPC
import Synchronization

@testable import Gateway

/// One contact in memory, with the answers that the Client Portal Access tab has to show: a stale etag, a user name
/// that is taken, a role that is missing.
final class TestContacts: ContactsService {
  let contact = Mutex(
    Identity.Contact(
      name: "accounts/acme/contacts/ada", firstName: "Ada", displayName: "Ada Byron",
      email: "ada@acme.example", accountDisplayName: "Acme", etag: "1"))

  private var unimplemented: Status { Status(.unimplemented, "not in this test") }

  func listContacts(
    _ request: Identity.ListContactsRequest, _ call: Call
  ) async throws -> Identity.ListContactsResponse {
    let contact = contact.withLock { $0 }
    let isWanted =
      switch request.portalAccess {
      case .yes: contact.portalAccess?.enabled == true
      case .no: contact.portalAccess?.enabled != true
      default: true
      }
    return .init(contacts: isWanted ? [contact] : [], totalSize: isWanted ? 1 : 0)
  }

  func getContact(
    _ request: Identity.GetContactRequest, _ call: Call
  ) async throws -> Identity.Contact { contact.withLock { $0 } }

  func updatePortalAccess(
    _ request: Identity.UpdatePortalAccessRequest, _ call: Call
  ) async throws -> Identity.Contact {
    let noRole = try TestTicketing.invalid("role", "is required")
    let taken = Status(
      .alreadyExists, "somebody else has this user name",
      details: try TestTicketing.invalid("user_name", "is taken by somebody else").details)
    return try contact.withLock { contact in
      guard request.etag == contact.etag else { throw Status(.aborted, "changed meanwhile") }
      guard !request.enabled || !request.role.isEmpty else { throw noRole }
      guard request.userName != "taken" else { throw taken }
      contact.portalAccess = .init(
        enabled: request.enabled, userName: request.userName, role: request.role,
        passwordState: request.withoutWelcomeMail ? .unspecified : .invited)
      contact.etag += "+"
      return contact
    }
  }

  func createContact(
    _ request: Identity.CreateContactRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unimplemented }
  func updateContact(
    _ request: Identity.UpdateContactRequest, _ call: Call
  ) async throws -> Identity.Contact { throw unimplemented }
  func sendLogin(
    _ request: Identity.SendLoginRequest, _ call: Call
  ) async throws -> Identity.Contact {
    guard contact.withLock({ $0.portalAccess?.enabled == true }) else {
      throw Status(.failedPrecondition, "this contact has no portal access")
    }
    return contact.withLock { $0 }
  }
}
