import Backends

/// Padding by rule, computed here and not by the layers above, which have tests of their own.
public enum TestPadding: Sendable, CustomStringConvertible {
  case valid
  case same
  case explicit(_ low: [Int], _ high: [Int])

  public var description: String {
    switch self {
    case .valid: "valid"
    case .same: "same"
    case .explicit(let low, let high): "padding \(low) \(high)"
    }
  }
}

extension Windows {
  public init(
    _ inputSize: [Int], _ kernelSize: [Int], stride: [Int]? = nil, dilation: [Int]? = nil, _ padding: TestPadding
  ) {
    var low = inputSize.map { _ in 0 }, high = low
    switch padding {
    case .valid: break
    case .explicit(let before, let after): (low, high) = (before, after)
    case .same:
      for axis in inputSize.indices {
        let step = stride?[axis] ?? 1
        let positions = (inputSize[axis] + step - 1) / step
        let reach = (kernelSize[axis] - 1) * (dilation?[axis] ?? 1) + 1
        let total = max(0, (positions - 1) * step + reach - inputSize[axis])
        (low[axis], high[axis]) = (total / 2, total - total / 2)
      }
    }
    self.init(
      inputSize: inputSize, kernelSize: kernelSize, stride: stride, paddingLow: low, paddingHigh: high,
      dilation: dilation)
  }
}
