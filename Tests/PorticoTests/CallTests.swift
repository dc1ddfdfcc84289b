import Testing

@testable import portico

@Suite("portico call")
struct CallTests {
  @Test(
    "What leaves the machine is encrypted unless somebody says otherwise",
    arguments: [
      (["--address", "shop.example:443"], true), (["--address", "dns:///shop.example:443"], true),
      (["--address", "ipv4:10.0.0.7:7000"], true), (["--address", "localhost.example:1"], true),
      (["--address", "[2001:db8::1]:1"], true),
      (["--address", "shop.example:443", "--plaintext"], false),
      (["--address", "unix:/run/x.sock"], false), (["--address", "localhost:1"], false),
      (["--address", "127.0.0.1:1"], false), (["--address", "dns:///localhost:1"], false),
      (["--address", "ipv4:127.0.0.1:1"], false), (["--address", "[::1]:1"], false),
      (["--address", "ipv6:[::1]:1"], false), (["--address", "localhost:1", "--tls"], true),
      (["--address", "localhost:1", "--ca", "ca.pem"], true),
    ])
  func encryption(arguments: [String], isEncrypted: Bool) throws {
    let options = try ServerOptions.parse(arguments)
    #expect(options.usesTLS == isEncrypted)
  }

  @Test("Several servers by their addresses are loopback only if each is")
  func severalAddresses() throws {
    let mixed = try ServerOptions.parse(["--address", "ipv4:127.0.0.1:1,10.0.0.7:1"])
    #expect(mixed.usesTLS)
  }
}
