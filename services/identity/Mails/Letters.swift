/// The letters that identity writes, for one reader of one portal.
struct Letters: Hashable, Sendable {
  /// The portal's name, or the tenant's.
  var portal: String
  /// Where the portal is: `https://acme.portal.example`.
  var origin: String
  var reader: String
  var userName: String

  private var greeting: String { "Hello \(reader)," }
  private var signature: String { "\(portal)" }

  /// Access was given (S-008, S-230).
  func welcome(link: String) -> Letter {
    Letter(
      subject: "Your access to the \(portal) portal", greeting: greeting,
      paragraphs: [
        "\(portal) has opened its client portal for you. There you can raise requests, follow what "
          + "happens with them and find everything we have for you in one place.",
        "Your user name is \(userName). All that is missing is a password of your own.",
      ],
      link: (link, "Choose your password"),
      closing: [
        "The link can be used once, within \(LinkPurpose.invite.lifeInWords). If it has run out, "
          + "ask for a new one under “Forgot your password?” on \(origin).",
        "You did not expect this mail? Then you need do nothing.",
      ], sender: signature, template: "identity.welcome")
  }

  /// A member of staff was added.
  func staffWelcome(link: String) -> Letter {
    Letter(
      subject: "Your staff account at \(portal)", greeting: greeting,
      paragraphs: [
        "you have been added to the team of \(portal).",
        "Your user name is \(userName). Choose a password and you can sign in.",
      ],
      link: (link, "Choose your password"),
      closing: [
        "The link can be used once, within \(LinkPurpose.invite.lifeInWords).",
        "Afterwards you find the portal at \(origin).",
      ], sender: signature, template: "identity.staff-welcome")
  }

  /// Somebody who signs in already may now act for another account too.
  func anotherAccount(_ account: String) -> Letter {
    Letter(
      subject: "You now have access for \(account)", greeting: greeting,
      paragraphs: [
        "\(portal) has given you access to its portal for \(account) as well.",
        "Sign in as you are used to, with the user name \(userName).",
      ],
      link: (origin, "Open the portal"), closing: [], sender: signature,
      template: "identity.another-account")
  }

  /// Staff pressed Send Login (S-232, S-234, D-45).
  func login(link: String) -> Letter {
    Letter(
      subject: "Your login for the \(portal) portal", greeting: greeting,
      paragraphs: [
        "here is your login for the portal of \(portal), at \(origin).",
        "Your user name is \(userName). The password you had is no longer valid; choose a new one.",
      ],
      link: (link, "Choose a new password"),
      closing: ["The link can be used once, within \(LinkPurpose.invite.lifeInWords)."],
      sender: signature, template: "identity.login")
  }

  /// Its owner forgot the password.
  func reset(link: String) -> Letter {
    Letter(
      subject: "Reset your password for the \(portal) portal", greeting: greeting,
      paragraphs: [
        "somebody, hopefully you, asked to reset the password for the user name \(userName)."
      ],
      link: (link, "Choose a new password"),
      closing: [
        "The link can be used once, within \(LinkPurpose.reset.lifeInWords).",
        "You did not ask? Then ignore this mail: your password stays as it is.",
      ], sender: signature, template: "identity.reset")
  }

  /// To the owner, so that a change by somebody else does not go unseen.
  func passwordChanged() -> Letter {
    Letter(
      subject: "Your password was changed", greeting: greeting,
      paragraphs: [
        "the password for the user name \(userName) at the \(portal) portal has just been changed, "
          + "and every other session was signed out."
      ],
      link: nil,
      closing: ["That was not you? Then reset your password at once at \(origin) and tell us."],
      sender: signature, template: "identity.password-changed")
  }

  /// To a new address, which is nobody's until the link is followed.
  func confirmEmail(link: String, email: String) -> Letter {
    Letter(
      subject: "Confirm your new e-mail address", greeting: greeting,
      paragraphs: [
        "somebody, hopefully you, wants mail from the \(portal) portal for the user name "
          + "\(userName) to go to \(email)."
      ],
      link: (link, "Confirm this address"),
      closing: [
        "The link can be used once, within \(LinkPurpose.email.lifeInWords). Until then nothing changes.",
        "You did not ask? Then ignore this mail.",
      ], sender: signature, template: "identity.confirm-email")
  }

  /// To the address that was left.
  func emailChanged(to email: String) -> Letter {
    Letter(
      subject: "Your e-mail address was changed", greeting: greeting,
      paragraphs: [
        "mail from the \(portal) portal for the user name \(userName) goes to \(email) from now on."
      ],
      link: nil, closing: ["That was not you? Then please tell us at once."], sender: signature,
      template: "identity.email-changed")
  }
}
