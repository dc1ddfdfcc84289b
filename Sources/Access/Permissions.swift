import RPC

extension Permission {
  static let profileWrite = Permission("PROFILE_WRITE")
  static let messagesRead = Permission("MESSAGES_READ")
  static let messagesWrite = Permission("MESSAGES_WRITE")
  static let ticketsRead = Permission("TICKETS_READ")
  static let ticketsWrite = Permission("TICKETS_WRITE")
  static let ticketsWork = Permission("TICKETS_WORK")
  static let ticketSettingsWrite = Permission("TICKET_SETTINGS_WRITE")
  static let contractsRead = Permission("CONTRACTS_READ")
  static let invoicesRead = Permission("INVOICES_READ")
  static let billingWrite = Permission("BILLING_WRITE")
  static let contentWrite = Permission("CONTENT_WRITE")
  static let accountsRead = Permission("ACCOUNTS_READ")
  static let accountsWrite = Permission("ACCOUNTS_WRITE")
  static let contactsRead = Permission("CONTACTS_READ")
  static let contactsWrite = Permission("CONTACTS_WRITE")
  static let rolesRead = Permission("ROLES_READ")
  static let rolesWrite = Permission("ROLES_WRITE")
  static let settingsRead = Permission("SETTINGS_READ")
  static let settingsWrite = Permission("SETTINGS_WRITE")
  static let mailRead = Permission("MAIL_READ")
  static let auditRead = Permission("AUDIT_READ")
  static let assetsRead = Permission("ASSETS_READ")
  static let assetsWrite = Permission("ASSETS_WRITE")
  static let usersRead = Permission("USERS_READ")

  static let all: [Permission] = [
    profileWrite, messagesRead, messagesWrite, ticketsRead, ticketsWrite, ticketsWork,
    ticketSettingsWrite, contractsRead, invoicesRead, billingWrite, contentWrite, accountsRead,
    accountsWrite, contactsRead, contactsWrite, rolesRead, rolesWrite, settingsRead, settingsWrite,
    mailRead, auditRead, assetsRead, assetsWrite, usersRead,
  ]
}
