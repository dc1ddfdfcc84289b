import Dispatch
import NIOCore
import Synchronization

@testable import Gateway

/// Forms with files: how the bytes are cut into reads changes nothing, and the limits hold.
enum MultipartFuzz {
  private static let limits = FormLimits(
    bytes: 4096, fileBytes: 512, files: 3, fields: 8, textBytes: 512)

  private struct Reading: Equatable, Sendable {
    var fields: [Form.Field] = []
    var files: [String] = []
    var hasFailed = false
  }

  /// The first byte is the largest read. The boundary is `b`.
  static func run(_ input: [UInt8]) -> String? {
    guard let size = input.first else { return nil }
    let bytes = Array(input.dropFirst())
    let whole = read(bytes, piece: max(1, bytes.count))
    let parts = read(bytes, piece: max(1, Int(size)))
    guard whole == parts else { return "in pieces \(parts), whole \(whole)" }
    let text = whole.fields.reduce(0) { $0 + $1.value.utf8.count }
    guard text <= limits.textBytes, whole.files.count <= limits.files,
      whole.fields.count + whole.files.count <= limits.fields
    else { return "the form is over its limits: \(whole)" }
    guard whole.fields.allSatisfy({ !$0.name.isEmpty && !$0.value.utf8.contains(0) }) else {
      return "a field has no name, or a NUL"
    }
    return whole.files.first { $0.contains("/") || $0.contains("\\") || $0.contains("\0") }
  }

  private static func read(_ bytes: [UInt8], piece: Int) -> Reading {
    let body = RequestBody(declaredLength: nil, demand: {})
    for start in stride(from: 0, to: bytes.count, by: piece) {
      body.receive(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)]))
    }
    body.finish()
    return waiting {
      var reader = MultipartReader(body, boundary: "b", limits: limits)
      do {
        let form = try await reader.read()
        var files: [String] = []
        for file in form.files {
          guard try await file.bytes().count == file.size else { return Reading(hasFailed: true) }
          files.append("\(file.field.utf8.count) \(file.fileName) \(file.size)")
        }
        return Reading(fields: form.fields, files: files)
      } catch { return Reading(hasFailed: true) }
    }
  }

  /// A fuzzer has no tasks: it waits for one.
  private static func waiting(_ work: @escaping @Sendable () async -> Reading) -> Reading {
    let result = Slot()
    let done = DispatchSemaphore(value: 0)
    Task.detached {
      let reading = await work()
      result.value.withLock { $0 = reading }
      done.signal()
    }
    done.wait()
    return result.value.withLock { $0 }
  }

  private final class Slot: Sendable {
    let value = Mutex(Reading())
  }
}
