// interop: both sides of gRPC's interoperability tests, on the product's own runtime, so that any language's
// test program can be pointed at it. No part of an installation; knows no service of the product.

import ArgumentParser

@main
struct Interop: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "gRPC's interoperability tests: the server and the client.",
    subcommands: [Serve.self, Call.self])
}
