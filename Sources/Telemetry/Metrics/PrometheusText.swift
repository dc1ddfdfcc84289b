/// Metrics of one name, as Prometheus reads them.
public struct MetricFamily: Sendable, Hashable {
  public enum Kind: String, Sendable { case counter, gauge, histogram }

  /// One line: a value, and what it is of.
  public struct Sample: Sendable, Hashable {
    public var suffix: String
    /// In the order in which they are written.
    public var labels: [Label]
    public var value: Double

    public init(_ value: Double, _ labels: [Label] = [], suffix: String = "") {
      self.value = value
      self.labels = labels
      self.suffix = suffix
    }
  }

  public struct Label: Sendable, Hashable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// `grpc_server_handled_total`.
  public var name: String
  public var help: String
  public var kind: Kind
  public var samples: [Sample]

  public init(_ name: String, _ kind: Kind, help: String, samples: [Sample] = []) {
    self.name = name
    self.kind = kind
    self.help = help
    self.samples = samples
  }

  /// Adds the lines of one histogram: buckets that count what is not above their bound, the sum and the count.
  public mutating func add(
    buckets: [(upperBound: Double, count: UInt64)], count: UInt64, sum: Double, _ labels: [Label]
  ) {
    var total: UInt64 = 0
    for bucket in buckets {
      total &+= bucket.count
      let bound = Label("le", PrometheusText.number(bucket.upperBound))
      samples.append(Sample(Double(total), labels + [bound], suffix: "_bucket"))
    }
    samples.append(Sample(Double(count), labels + [Label("le", "+Inf")], suffix: "_bucket"))
    samples.append(Sample(sum, labels, suffix: "_sum"))
    samples.append(Sample(Double(count), labels, suffix: "_count"))
  }
}

/// The text format of Prometheus, version 0.0.4.
public enum PrometheusText {
  public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  public static func text(_ families: [MetricFamily]) -> String {
    var text = ""
    for family in families where !family.samples.isEmpty {
      text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
      text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
      for sample in family.samples {
        text += family.name + sample.suffix
        if !sample.labels.isEmpty {
          let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
          text += "{" + labels.joined(separator: ",") + "}"
        }
        text += " \(number(sample.value))\n"
      }
    }
    return text
  }

  private static func escaped(_ text: String, quotes: Bool) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\n": escaped += "\\n"
      case "\"" where quotes: escaped += "\\\""
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// Whole numbers without a point; the three that are none by their names.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let whole = Int64(exactly: value) { return "\(whole)" }
    return "\(value)"
  }
}
