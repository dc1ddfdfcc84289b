/// What a demo ticket is about: the words of everybody who takes part in it.
struct DemoTicketStory: Sendable {
  var title: String
  var details: String
  /// Ids of the demo catalogue.
  var category: String
  var type: String
  var priority: String
  var issue: String
  var subIssue: String
  /// What staff note for each other.
  var finding: String
  /// What staff tell the customer.
  var reply: String
  /// What the customer answers.
  var thanks: String
  var minutes: Int

  init(
    _ title: String, _ details: String, category: String = "support", type: String = "incident",
    priority: String = "medium", issue: String, sub: String, finding: String, reply: String,
    thanks: String, minutes: Int
  ) {
    self.title = title
    self.details = details
    self.category = category
    self.type = type
    self.priority = priority
    self.issue = issue
    self.subIssue = sub
    self.finding = finding
    self.reply = reply
    self.thanks = thanks
    self.minutes = minutes
  }
}

extension DemoTicketStory {
  static let all: [DemoTicketStory] = hardware + network + email + accounts + software
}
