/// The extents of a tensor, outermost first; `[]` is a scalar.
public struct Shape: Hashable, Sendable, ExpressibleByArrayLiteral, CustomStringConvertible {
  /// Of every axis, outermost first.
  public var dimensions: [Int]

  /// Stops the program if a dimension is negative.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.allSatisfy { $0 >= 0 }, "a shape has no negative dimension: \(dimensions)")
    self.dimensions = dimensions
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The number of axes; 0 for a scalar.
  public var rank: Int { dimensions.count }

  /// The number of scalars: the product of all dimensions, 1 for a scalar.
  public var count: Int { dimensions.reduce(1, *) }

  /// The extent of an axis; negative numbers count from the end.
  public subscript(axis: Int) -> Int {
    get { dimensions[axis < 0 ? axis + rank : axis] }
    set { dimensions[axis < 0 ? axis + rank : axis] = newValue }
  }

  /// The extent of the last axis; nil for a scalar.
  public var last: Int? { dimensions.last }

  /// Row-major strides in elements: the last is 1.
  public var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in stride(from: rank - 2, through: 0, by: -1) {
      strides[axis] = strides[axis + 1] * dimensions[axis + 1]
    }
    return strides
  }

  public var description: String { "[" + dimensions.map(String.init).joined(separator: ", ") + "]" }

  /// The shape two operands broadcast to by NumPy's rules, or nil if they do not fit.
  public func broadcast(with other: Shape) -> Shape? {
    let rank = max(self.rank, other.rank)
    var result = [Int](repeating: 1, count: rank)
    for axis in 0..<rank {
      let left = axis - (rank - self.rank) < 0 ? 1 : dimensions[axis - (rank - self.rank)]
      let right = axis - (rank - other.rank) < 0 ? 1 : other.dimensions[axis - (rank - other.rank)]
      guard left == right || left == 1 || right == 1 else { return nil }
      result[axis] = left == 1 ? right : left
    }
    return Shape(result)
  }
}
