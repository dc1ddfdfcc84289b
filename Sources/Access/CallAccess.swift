import RPC
import Store
import Values

/// What the gate found out about a call.
struct Admission: Sendable {
  let principal: Principal
  let scope: Scope
  /// As it came, to be handed on.
  let token: [UInt8]
}

enum AdmissionKey: CallKey {
  typealias Value = Admission
}

extension Call {
  /// Who calls. Throws UNAUTHENTICATED where nobody is signed in, which only a method open to anyone can meet.
  public var principal: Principal {
    get throws(Status) { try admission.principal }
  }

  /// Which rows the caller may see by this method: the reach of the grant that let the call in.
  public var scope: Scope {
    get throws(Status) { try admission.scope }
  }

  /// Who calls, or nil: for methods open to anyone.
  public var signedInPrincipal: Principal? { self[AdmissionKey.self]?.principal }

  /// When the word on a person's rights runs out: for answers that go on longer than a moment. Nil for a service, whose
  /// rights are its key's, and where nobody is signed in.
  public var principalExpiry: Instant? {
    guard let admission = self[AdmissionKey.self], !admission.principal.isService else {
      return nil
    }
    // The gate has verified the token; it is read again because only streams ask.
    let claims = Array(admission.token.dropFirst(PrincipalToken.signatureSize))
    do { return try Claims(encoded: claims).expires } catch { return now }
  }

  private var admission: Admission {
    get throws(Status) {
      guard let admission = self[AdmissionKey.self] else {
        throw Status(.unauthenticated, "sign in first", because: "\(method.path) asked who calls")
      }
      return admission
    }
  }
}
