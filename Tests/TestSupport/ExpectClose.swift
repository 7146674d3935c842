import Tensors
import Testing

/// Records an issue unless every element is within `tolerance` of itself, or of `floor` where it is smaller.
///
/// - Parameter floor: By default the root mean square of what is expected: the rounding of a sum does not
///   shrink with a result that happens to cancel. 1 if all of it is 0.
public func expectClose(
  _ actual: [Float], _ expected: [Float], tolerance: Double, floor: Double? = nil,
  _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let squares = expected.reduce(0.0) { $0 + Double($1) * Double($1) }
  let floor = floor ?? (squares == 0 ? 1 : (squares / Double(expected.count)).squareRoot())
  if let mismatch = Tolerance.elements(tolerance, floor: floor).mismatch(actual, reference: expected) {
    Issue.record("\(what()): \(mismatch)", sourceLocation: sourceLocation)
  }
}

/// The same for a tensor, whose shape must be the expected one too.
public func expectClose(
  _ actual: Tensor, _ expected: FixtureCase.Values, tolerance: Double, floor: Double? = nil,
  _ what: @autoclosure () -> String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  #expect(actual.shape == expected.shape, "\(what())", sourceLocation: sourceLocation)
  expectClose(
    try actual.scalars(), expected.scalars, tolerance: tolerance, floor: floor, what(),
    sourceLocation: sourceLocation)
}
