import Glibc

/// What libFuzzer calls with every input; the environment says which target it is for. A broken rule ends the process, which
/// libFuzzer reports with the input.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
  let input = Array(UnsafeBufferPointer(start: start, count: count))
  let failure: String?
  if Fuzzing.target == "path" {
    failure = PathFuzz.run(input)
  } else {
    do throws(FuzzTarget.Violation) {
      try Fuzzing.wire.run(input)
      failure = nil
    } catch { failure = error.description }
  }
  if let failure { fatalError(failure) }
  return 0
}

enum Fuzzing {
  static let target = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""

  static let wire: FuzzTarget = {
    guard let wire = FuzzTarget(rawValue: target) else {
      fatalError("FUZZ_TARGET is none of path, \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return wire
  }()
}
