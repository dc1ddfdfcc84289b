import NIOEmbedded
import Testing

@testable import HTTP2

@Suite("The table of a connection's streams")
struct StreamTableTests {
  @Test("what is put in is found until it is taken out, as in a dictionary")
  func likeADictionary() {
    let connection = HTTP2Connection.client(
      on: EmbeddedEventLoop(), configuration: HTTP2Configuration(), delegate: Silent())
    var table = StreamTable()
    var model: [Int32: HTTP2Stream] = [:]
    var random = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let id = Int32.random(in: 1...200, using: &random)
      if model[id] == nil, Bool.random(using: &random) {
        let stream = HTTP2Stream(id: id, connection: connection)
        model[id] = stream
        table.insert(stream)
      } else {
        #expect(table.remove(id) === model.removeValue(forKey: id))
      }
      let other = Int32.random(in: 1...200, using: &random)
      #expect(table[other] === model[other])
      #expect(table.count == model.count)
    }
    #expect(Set(table.all.map(\.id)) == Set(model.keys))
  }

  private final class Silent: HTTP2ConnectionDelegate {}
}
