import Crypto
import Store
import Values

/// Makes a link and mails it, in one transaction: the store gets the hash, the letter the secret, nobody else either.
struct LinkEffects {
  let db: Transaction
  let parts: IdentityParts

  /// Earlier links of the user end, as `LinkStore.issue` says. `write` makes the letter around the link's address. Tells
  /// until when it is good.
  ///
  /// - Parameter email: another address than the user's.
  @discardableResult
  func mail(
    _ purpose: LinkPurpose, to user: User, at email: String? = nil,
    _ write: (Letters, String) -> Letter
  ) throws -> Instant {
    let token = SecretToken()
    let link = Link(
      id: parts.newID(), user: user.id, purpose: purpose, email: email ?? user.email,
      created: db.now,
      expires: db.now + purpose.life)
    try LinkStore(db).issue(link, tokenHash: token.hash)
    let postbox = try Postbox(db, origin: parts.origin)
    let letter = write(postbox.letters(to: user), postbox.link(purpose, token.reveal()))
    try postbox.send(letter, to: user, about: link.id, at: email)
    return link.expires
  }
}
