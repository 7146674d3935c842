/// What a data set gives for every sample, or a model takes: a named array.
public struct Field: Hashable, Codable, Sendable {
  /// `image`, `label`, `small`, `large`, `volume`.
  public let name: String
  /// Of one sample, channels last; empty for a single number.
  public let shape: [Int]
  /// Where its values lie; nil if they are no intensities but, for example, class numbers.
  public let range: ClosedRange<Float>?
  /// What the numbers 0, 1, … stand for, if they stand for classes.
  public let classNames: [String]?

  /// - Parameters:
  ///   - name: By what a model finds the field in a data set.
  ///   - shape: Of one sample, channels last; empty for a single number.
  ///   - range: Where intensities lie. A batch brings them from the data set's range to the model's if both have one.
  ///   - classNames: What the numbers 0, 1, … stand for, if they stand for classes.
  public init(_ name: String, shape: [Int], range: ClosedRange<Float>? = nil, classNames: [String]? = nil) {
    (self.name, self.shape, self.range, self.classNames) = (name, shape, range, classNames)
  }

  /// The number of values in one sample.
  public var count: Int { shape.reduce(1, *) }
}

/// An array on the host, row-major.
public struct HostArray: Hashable, Sendable {
  /// The extents, outermost first; empty for a single number.
  public let shape: [Int]
  /// All values, row-major.
  public let values: [Float]

  /// - Precondition: `values` has as many elements as `shape`.
  public init(_ values: [Float], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill shape \(shape)")
    (self.values, self.shape) = (values, shape)
  }
}

/// A data set that does not give what a model takes.
public enum FieldError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The data set has no field of that name; `found` are those it has.
  case missing(String, found: [String])
  /// The field of that name has the shape `found` in the data set, and not the one that is `wanted`.
  case otherShape(String, found: [Int], wanted: [Int])

  public var description: String {
    switch self {
    case .missing(let name, let found):
      "the data set has no “\(name)”, which the model takes, only \(found.joined(separator: ", "))"
    case .otherShape("image", let found, let wanted):
      "the images are \(found), the model takes \(wanted); set imageShape in a --config file"
        + (found.count == 3 ? ", or give --size \(found.map(String.init).joined(separator: "x"))" : "")
    case .otherShape(let name, let found, let wanted):
      "“\(name)” has shape \(found) in the data set, the model takes \(wanted)"
    }
  }
}
