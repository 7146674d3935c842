import Backends

extension ReferenceBackend {
  public func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage {
    guard failure.arePresent(input, operation: "reduce") else { return missing(outer * inner) }
    let x = read(input, outer * length * inner, "reduce")
    switch reduction {
    case .sum, .mean:
      return accumulate(outer * inner) { sums in
        for o in 0..<outer {
          for l in 0..<length {
            for i in 0..<inner { sums[o * inner + i] += Double(x[(o * length + l) * inner + i]) }
          }
        }
        if reduction == .mean { for i in 0..<outer * inner { sums[i] /= Double(length) } }
      }
    case .maximum: return fold(x, outer, length, inner, BinaryOperation.maximum.callAsFunction)
    case .minimum: return fold(x, outer, length, inner, BinaryOperation.minimum.callAsFunction)
    case .argumentMaximum:
      require(length > 0, "argumentMaximum of no elements")
      return compute(outer * inner) { output in
        for o in 0..<outer {
          for i in 0..<inner {
            let column = x + o * length * inner + i
            var best = 0
            for l in 1..<length where outranks(column[l * inner], column[best * inner]) { best = l }
            output[o * inner + i] = Float(best)
          }
        }
      }
    }
  }

  public func activationAndBiasGradients(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) {
    activationGradientAndItsSum(activation, output: output, gradient: gradient, channels: channels)
  }

  private func fold(
    _ x: UnsafePointer<Float>, _ outer: Int, _ length: Int, _ inner: Int, _ operation: (Float, Float) -> Float
  ) -> HostStorage {
    require(length > 0, "maximum or minimum of no elements")
    return compute(outer * inner) { output in
      for o in 0..<outer {
        for i in 0..<inner {
          let column = x + o * length * inner + i
          var result = column[0]
          for l in 1..<length { result = operation(result, column[l * inner]) }
          output[o * inner + i] = result
        }
      }
    }
  }
}

/// Whether a later element takes the place of the largest so far: it is larger, or the first NaN.
@inline(__always)
func outranks(_ candidate: Float, _ best: Float) -> Bool {
  candidate > best || (candidate.isNaN && !best.isNaN)
}
