import Glibc

/// libFuzzer's loop around one target, which the environment names. A broken rule ends the process; libFuzzer reports it with the
/// input.
@main
enum Fuzz {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    exit(runDriver(&count, &arguments) { start, count in Fuzzing.run(start, count) })
  }
}

/// `LLVMFuzzerRunDriver` of libFuzzer, which has no header.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<Int32>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

enum Fuzzing {
  static func run(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let failure: String?
    if let edge {
      failure = edge.run(input)
    } else {
      do throws(FuzzTarget.Violation) {
        try wire.run(input)
        failure = nil
      } catch { failure = error.description }
    }
    if let failure { fatalError(failure) }
    return 0
  }

  private static let target = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""

  /// A part of the gateway, when it is one.
  private static let edge = EdgeFuzz(rawValue: target)

  private static let wire: FuzzTarget = {
    guard let wire = FuzzTarget(rawValue: target) else {
      let names = EdgeFuzz.allCases.map(\.rawValue) + FuzzTarget.allCases.map(\.rawValue)
      fatalError("FUZZ_TARGET is none of \(names)")
    }
    return wire
  }()
}
