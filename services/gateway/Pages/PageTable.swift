extension PageTable {
  /// Every page of the portal. A page's file defines its routes as `static let`; they are listed here.
  static let portal = PageTable(
    routes: [
      SignInPages.routes, StepUpPage.routes, ForgotPage.routes, WelcomePage.routes, HomePage.routes,
      TicketListPage.routes, NewTicketPage.routes, OpenTicketPage.routes,
      TicketPage.routes, AttachmentDownload.routes, ContractPages.routes, InvoicePages.routes,
      NewsPages.routes,
      MessageListPage.routes, NewMessagePage.routes, ConversationPage.routes, SettingsPages.routes,
      Console.routes,
      AccountChoice.routes, AccountTab.routes, Styleguide.routes, BrandSheet.routes,
      DeveloperPages.routes,
    ].flatMap { $0 }.map(\.hidingForbidden.withEarlyFrame),
    stepUp: StepUpPage.held, failure: ErrorPage.html)
}
