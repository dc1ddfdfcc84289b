import Bootstrap
import Testing

@testable import Gateway

@Suite("R-173 R-224 what one client may have")
struct AllowanceTests {
  @Test("What one client may have is a setting, wrong ones are refused")
  func settings() throws {
    let said = try ClientAllowance(
      Settings([
        "limits.connections-per-address": "5000", "limits.streams-per-identity": "7",
        "live.streams": "10000",
      ]))
    let limits = EdgeLimits(said)
    #expect(limits.connectionsPerAddress == 5000)
    #expect(limits.streamsPerIdentity == 7)
    #expect(limits.eventStreamsPerSession == 10_000)
    for key in ["limits.connections-per-address", "limits.streams-per-identity", "live.streams"] {
      for wrong in ["0", "-1", "many", "1000001", "99999999999999999999"] {
        #expect(throws: SettingError.self, "\(key) \(wrong)") {
          try ClientAllowance(Settings([key: wrong]))
        }
      }
    }
  }

  @Test("What nobody says is as the limits of the edge are")
  func standard() throws {
    let limits = EdgeLimits(try ClientAllowance(Settings([:])))
    #expect(limits.connectionsPerAddress == EdgeLimits().connectionsPerAddress)
    #expect(limits.streamsPerIdentity == EdgeLimits().streamsPerIdentity)
    #expect(limits.eventStreamsPerSession == EdgeLimits().eventStreamsPerSession)
    #expect(LiveHub.Limits().perSession == limits.eventStreamsPerSession)
  }
}
