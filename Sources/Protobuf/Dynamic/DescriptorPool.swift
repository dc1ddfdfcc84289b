/// Message types and methods made at run time from serialized descriptors, as reflection or
/// `protoc --descriptor_set_out` gives them: what they describe can be decoded, encoded and turned into JSON
/// like anything that was compiled in.
///
/// Descriptors from strangers are checked whole before anything is built: types that do not exist, imports in
/// a circle, numbers out of range, names that are none, and sets over the limits are refused. The types of a
/// pool live as long as the process.
///
/// Not covered: groups and extensions, whose bytes are kept as unknown fields.
public struct DescriptorPool: Sendable {
  /// Each after those that it imports.
  public let files: [File]
  public let messages: [MessageDescriptor]
  public let enums: [EnumDescriptor]
  /// In the order of the files.
  public let services: [ServiceDescriptor]
  /// All messages, for `Any` in JSON.
  public let types: TypeRegistry

  /// One proto file.
  public struct File: Sendable {
    /// `acme/v1/shop.proto`.
    public let name: String
    public let package: String
    /// Names of the files that it imports.
    public let dependencies: [String]
    /// The FileDescriptorProto as it was given.
    public let serialized: [UInt8]
  }

  /// From a serialized `google.protobuf.FileDescriptorSet`.
  public init(
    fileDescriptorSet bytes: [UInt8], limits: DescriptorLimits = DescriptorLimits()
  ) throws(DescriptorError) {
    var reader = WireReader(bytes[...])
    var files: [[UInt8]] = []
    while true {
      let next: (number: Int, value: WireReader.Value)?
      do { next = try reader.next() } catch {
        throw DescriptorError("the bytes are no FileDescriptorSet")
      }
      guard let next else { break }
      if next.number == 1, let data = next.value.data { files.append(Array(data)) }
    }
    try self.init(files: files, limits: limits)
  }

  /// From serialized `google.protobuf.FileDescriptorProto`s in any order. A file may be given more than once,
  /// if it is the same each time.
  public init(
    files serialized: [[UInt8]], limits: DescriptorLimits = DescriptorLimits()
  ) throws(DescriptorError) {
    guard serialized.reduce(0, { $0 + $1.count }) <= limits.bytes else {
      throw DescriptorError("the files have more than \(limits.bytes) bytes")
    }
    var reader = FileProtoReader(limits)
    var known: [String: [UInt8]] = [:]
    var protos: [FileProto] = []
    for bytes in serialized {
      let proto = try reader.file(bytes[...])
      if let other = known.updateValue(bytes, forKey: proto.name) {
        guard other == bytes else {
          throw DescriptorError(file: proto.name, "comes in two versions")
        }
        continue
      }
      protos.append(proto)
    }
    let plan = try DescriptorPlan(try Self.sorted(protos))
    let services = try Self.services(plan)
    let built = DescriptorLayout.build(plan)
    (messages, enums) = built
    files = plan.files.map {
      File(
        name: $0.name, package: $0.package, dependencies: $0.dependencies,
        serialized: known[$0.name] ?? [])
    }
    self.services = services.map { $0.descriptor(built.messages) }
    types = TypeRegistry(messages)
  }

  /// `acme.v1.Order`.
  public func message(named name: String) -> MessageDescriptor? { types[name] }

  public func enumeration(named name: String) -> EnumDescriptor? {
    enums.first { $0.name == name }
  }

  /// `acme.v1.Shop`.
  public func service(named name: String) -> ServiceDescriptor? {
    services.first { $0.name == name }
  }

  /// Files in the order of their imports; those that the set does not hold are not waited for, since a type that is
  /// missing is noticed by itself.
  private static func sorted(_ files: [FileProto]) throws(DescriptorError) -> [FileProto] {
    var places: [String: Int] = [:]
    for (index, file) in files.enumerated() { places[file.name] = index }
    var waiting = files.map { Set($0.dependencies.compactMap { places[$0] }).count }
    var importers: [Int: [Int]] = [:]
    for (index, file) in files.enumerated() {
      for other in Set(file.dependencies.compactMap({ places[$0] })) {
        importers[other, default: []].append(index)
      }
    }
    var ready = files.indices.filter { waiting[$0] == 0 }
    var done: [FileProto] = []
    var next = 0
    while next < ready.count {
      let index = ready[next]
      next += 1
      done.append(files[index])
      for importer in importers[index] ?? [] {
        waiting[importer] -= 1
        if waiting[importer] == 0 { ready.append(importer) }
      }
    }
    guard done.count == files.count else {
      let stuck = files.indices.first { waiting[$0] > 0 }.map { files[$0].name } ?? ""
      throw DescriptorError(file: stuck, "imports itself in a circle")
    }
    return done
  }
}
