// Calls through Portico's channel.
//   portico-client PORT unary CALLS IN-FLIGHT SIZE   prints the CPU of this process for one call, microseconds
//   portico-client PORT beside CALLS MESSAGES        prints the p50 and p99 of small calls, microseconds: alone, then
//                                                    beside streams of MESSAGES of 64 KiB on the same connection;
//                                                    and of the messages that arrived during one of these calls

import Foundation

let arguments = Array(CommandLine.arguments.dropFirst())
let numbers = arguments.compactMap(Int.init)
switch (arguments.dropFirst().first, numbers.count) {
case ("unary", 4):
  let load = try EchoLoad(port: numbers[0], size: numbers[3])
  try await load.run(calls: numbers[1] / 10, inFlight: numbers[2])
  let before = ProcessTime.seconds
  try await load.run(calls: numbers[1], inFlight: numbers[2])
  print((ProcessTime.seconds - before) * 1e6 / Double(numbers[1]))
case ("beside", 3):
  let load = try EchoLoad(port: numbers[0], size: 64)
  _ = try await load.latencies(calls: numbers[1])
  let alone = try await load.latencies(calls: numbers[1])
  let (beside, passed) = try await load.latencies(calls: numbers[1], beside: Int64(numbers[2]))
  print(alone.p50, alone.p99, beside.p50, beside.p99, passed.p50, passed.p99)
default:
  FileHandle.standardError.write(
    Data("arguments: PORT unary CALLS IN-FLIGHT SIZE | PORT beside CALLS MESSAGES\n".utf8))
  exit(64)
}
