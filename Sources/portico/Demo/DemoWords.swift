import Foundation
import PorticoAPI
import RPC
import Values
import WellKnown

/// The demo's news, and what people write to each other besides tickets.
struct DemoWords {
  let stage: DemoStage

  func moments() -> [DemoMoment] {
    news + Self.talks.enumerated().flatMap { talk($1, $0) }
  }

  private var news: [DemoMoment] {
    DemoCatalogue.news.map { item in
      let time = DemoCalendar.workday(before: stage.now, days: item.daysAgo, hour: 10)
      return DemoMoment(time: time) {
        _ = try await NewsClient(stage.service("cms")).createNewsItem(
          .init(
            newsID: item.id,
            newsItem: .init(
              title: item.title, summary: item.summary, body: item.body,
              publishTime: .init(time), pinned: item.isPinned), requestID: "demo-news-\(item.id)"),
          stage.by("owen"))
      }
    }
  }

  private struct Talk {
    var customer: DemoTenant.Customer
    var person: String
    var staff: String
    var subject: String
    var daysAgo: Int
    /// In turn: the customer, the staff, the customer, …
    var lines: [String]
  }

  private func talk(_ talk: Talk, _ index: Int) -> [DemoMoment] {
    let parent = "accounts/\(talk.customer.id)"
    let login = "\(talk.person)@\(talk.customer.domain)"
    let name = Name()
    let start = DemoCalendar.workday(
      before: stage.now, days: talk.daysAgo, hour: 9, minute: 7 * index)
    return talk.lines.enumerated().map { turn, line in
      DemoMoment(time: start + .minutes(turn * 47)) {
        let conversations = ConversationsClient(try stage.service("messaging"))
        let options = try stage.by(turn.isMultiple(of: 2) ? login : talk.staff)
        if turn == 0 {
          name.value = try await conversations.createConversation(
            .init(
              parent: parent,
              conversation: .init(
                subject: talk.subject, contact: "\(parent)/contacts/\(talk.person)"),
              body: line, requestID: "demo-talk-\(index)"), options
          ).name
        } else {
          _ = try await conversations.createMessage(
            .init(
              parent: name.value, message: .init(body: line),
              requestID: "demo-talk-\(index)-\(turn)"), options)
        }
      }
    }
  }

  private final class Name {
    var value = ""
  }

  private static let talks: [Talk] = [
    Talk(
      customer: DemoTenant.larkspur, person: "ciara", staff: "tomas",
      subject: "Visit on Thursday", daysAgo: 2,
      lines: [
        "Could the visit on Thursday be in the afternoon? We have an inspection until noon.",
        "Of course. I will be there at two. Please leave the server cabinet's key at the desk.",
        "It is with Ruth. Thank you.",
        "One more thing: I will bring the new reception screens, so there may be some noise for half an hour.",
      ]),
    Talk(
      customer: DemoTenant.larkspur, person: "ruth", staff: "priya",
      subject: "Who may see the X-rays?", daysAgo: 9,
      lines: [
        "A new dentist asks who can open the X-rays of the other practices.",
        "Everybody with the role Dentist, in all three practices. I can send you the list.",
      ]),
    Talk(
      customer: DemoTenant.halden, person: "ida", staff: "maeve",
      subject: "Instalments for the file server", daysAgo: 20,
      lines: [
        "Is the second instalment due before or after the migration?",
        "Before it. The third follows after you have accepted the work.",
        "That suits us.",
      ]),
    Talk(
      customer: DemoTenant.tideline, person: "nora", staff: "jonas",
      subject: "Alarm at night", daysAgo: 1,
      lines: [
        "The alarm of cold store 2 rang at three, but only Fintan got the call. Can it ring me as well?",
        "You are on the list now. I have made a test call, did it reach you?",
      ]),
    Talk(
      customer: DemoTenant.copperfield, person: "brigid", staff: "tomas",
      subject: "Open day", daysAgo: 33,
      lines: [
        "Thank you for the guest network, forty parents and not one question.",
        "Glad to hear it. It has switched itself off by now.",
      ]),
    Talk(
      customer: DemoTenant.tideline, person: "emil", staff: "priya",
      subject: "Till roll", daysAgo: 6,
      lines: ["Do you also sell paper rolls for the till, or shall I order them elsewhere?"]),
  ]
}
