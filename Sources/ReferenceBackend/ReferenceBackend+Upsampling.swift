import Backends

extension ReferenceBackend {
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage {
    guard failure.arePresent(input, operation: "upsampling") else { return missing(upsampling.outputCount) }
    let x = read(input, upsampling.inputCount, "upsampling")
    let channels = upsampling.channels
    return accumulate(upsampling.outputCount) { sums in
      upsampling.forEachContribution { output, input, weight in
        for c in 0..<channels { sums[output * channels + c] += weight * Double(x[input * channels + c]) }
      }
    }
  }

  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage {
    guard failure.arePresent(gradient, operation: "upsamplingGradient") else { return missing(upsampling.inputCount) }
    let dy = read(gradient, upsampling.outputCount, "upsamplingGradient")
    let channels = upsampling.channels
    return accumulate(upsampling.inputCount) { sums in
      upsampling.forEachContribution { output, input, weight in
        for c in 0..<channels { sums[input * channels + c] += weight * Double(dy[output * channels + c]) }
      }
    }
  }
}

extension Upsampling {
  /// Calls `body` for every input position that an output position reads, and its weight. Positions count
  /// over the batch and the spatial axes.
  fileprivate func forEachContribution(_ body: (_ output: Int, _ input: Int, _ weight: Double) -> Void) {
    let missing = [Int](repeating: 1, count: 3 - inputSize.count)
    let size: [Int] = missing + inputSize
    let steps: [Int] = missing + factors
    let sources: [[[Source]]] = (0..<3).map { axis in
      (0..<size[axis] * steps[axis]).map { self.sources(of: $0, size: size[axis], factor: steps[axis]) }
    }
    var output = 0
    for n in 0..<batch {
      for depth in sources[0] {
        for height in sources[1] {
          for width in sources[2] {
            for d in depth {
              for h in height {
                for w in width {
                  let row = (n * size[0] + d.index) * size[1] + h.index
                  body(output, row * size[2] + w.index, d.weight * h.weight * w.weight)
                }
              }
            }
            output += 1
          }
        }
      }
    }
  }

  private typealias Source = (index: Int, weight: Double)

  /// The elements along one axis that output element `position` is made of.
  private func sources(of position: Int, size: Int, factor: Int) -> [Source] {
    switch interpolation {
    case .nearest: return [(position / factor, 1)]
    case .bilinear:
      // Element i covers [i, i + 1) and has its centre at i + 0.5, in the input as in the output.
      let centre = (Double(position) + 0.5) / Double(factor) - 0.5
      let below = centre.rounded(.down), fraction = centre - below
      return [
        (min(max(Int(below), 0), size - 1), 1 - fraction),
        (min(max(Int(below) + 1, 0), size - 1), fraction),
      ]
    }
  }
}
