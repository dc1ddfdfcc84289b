import PorticoAPI
import RPC
import Synchronization
import WellKnown

/// News that come, fail, or do not come for as long as a test wants.
final class TestNews: NewsService {
  enum Mood {
    case answering
    case refusing(Status)
    case silent
  }

  private struct State {
    var mood = Mood.answering
    var waiting: [CheckedContinuation<Void, Never>] = []
  }
  private let state = Mutex(State())

  /// Whoever waits for an answer gets it now.
  func become(_ mood: Mood) {
    let waiting = state.withLock { state in
      state.mood = mood
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }

  func listNews(
    _ request: Cms.ListNewsRequest, _ call: Call
  ) async throws -> Cms.ListNewsResponse {
    let refusal = state.withLock { state -> Status? in
      if case .refusing(let status) = state.mood { return status }
      return nil
    }
    if let refusal { throw refusal }
    await withCheckedContinuation { continuation in
      let isAnswering = state.withLock { state in
        if case .answering = state.mood { return true }
        state.waiting.append(continuation)
        return false
      }
      if isAnswering { continuation.resume() }
    }
    return .init(news: [.init(name: "news/harbour", title: "The harbour is open")])
  }

  private var unimplemented: Status { Status(.unimplemented, "not in this test") }

  func getNewsItem(_ request: Cms.GetNewsItemRequest, _ call: Call) async throws -> Cms.NewsItem {
    throw unimplemented
  }
  func createNewsItem(
    _ request: Cms.CreateNewsItemRequest, _ call: Call
  ) async throws -> Cms.NewsItem { throw unimplemented }
  func updateNewsItem(
    _ request: Cms.UpdateNewsItemRequest, _ call: Call
  ) async throws -> Cms.NewsItem { throw unimplemented }
  func deleteNewsItem(
    _ request: Cms.DeleteNewsItemRequest, _ call: Call
  ) async throws -> GoogleProtobuf.Empty { throw unimplemented }
}
