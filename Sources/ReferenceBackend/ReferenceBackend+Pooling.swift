import Backends

extension ReferenceBackend {
  public func maximumPooling(
    _ pooling: Pooling, _ input: any Storage
  ) -> (output: any Storage, taps: any Storage) {
    let windows = pooling.windows, channels = pooling.channels
    guard failure.arePresent(input, operation: "maximumPooling") else {
      return (missing(pooling.outputCount), missing(pooling.outputCount))
    }
    let x = read(input, pooling.inputCount, "maximumPooling")
    let taps = compute(pooling.outputCount) { $0.update(repeating: -1, count: pooling.outputCount) }
    guard failure.arePresent(taps, operation: "maximumPooling") else { return (missing(pooling.outputCount), taps) }
    let output = compute(pooling.outputCount) { best in
      best.update(repeating: -.infinity, count: pooling.outputCount)
      for n in 0..<pooling.batch {
        let x = x + n * windows.inputPositions * channels
        let first = n * windows.outputPositions * channels
        windows.forEachContribution { output, tap, input in
          for c in 0..<channels {
            let value = x[input * channels + c], i = first + output * channels + c
            if taps.pointer[i] < 0 || outranks(value, best[i]) {
              best[i] = value
              taps.pointer[i] = Float(tap)
            }
          }
        }
      }
    }
    return (output, taps)
  }

  public func maximumPoolingScatter(
    _ pooling: Pooling, _ gradient: any Storage, taps: any Storage
  ) -> any Storage {
    guard failure.arePresent(gradient, taps, operation: "maximumPoolingScatter") else {
      return missing(pooling.inputCount)
    }
    let dy = read(gradient, pooling.outputCount, "maximumPoolingScatter, gradient")
    let taps = read(taps, pooling.outputCount, "maximumPoolingScatter, taps")
    return accumulate(pooling.inputCount) { sums in
      forEachNamedTap(pooling, taps) { output, input in sums[input] += Double(dy[output]) }
    }
  }

  public func maximumPoolingGather(
    _ pooling: Pooling, _ input: any Storage, taps: any Storage
  ) -> any Storage {
    guard failure.arePresent(input, taps, operation: "maximumPoolingGather") else {
      return missing(pooling.outputCount)
    }
    let x = read(input, pooling.inputCount, "maximumPoolingGather, input")
    let taps = read(taps, pooling.outputCount, "maximumPoolingGather, taps")
    return compute(pooling.outputCount) { result in
      result.update(repeating: 0, count: pooling.outputCount)
      forEachNamedTap(pooling, taps) { output, input in result[output] = x[input] }
    }
  }

  /// The element of the output and the element of the input that its tap names. Tap −1 names none.
  private func forEachNamedTap(
    _ pooling: Pooling, _ taps: UnsafePointer<Float>, _ body: (_ output: Int, _ input: Int) -> Void
  ) {
    let windows = pooling.windows, channels = pooling.channels
    for n in 0..<pooling.batch {
      let (firstInput, firstOutput) = (n * windows.inputPositions, n * windows.outputPositions)
      windows.forEachContribution { output, tap, input in
        for c in 0..<channels {
          let i = (firstOutput + output) * channels + c
          if taps[i] == Float(tap) { body(i, (firstInput + input) * channels + c) }
        }
      }
    }
  }

  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage {
    let windows = pooling.windows, channels = pooling.channels
    guard failure.arePresent(input, operation: "averagePooling") else { return missing(pooling.outputCount) }
    let x = read(input, pooling.inputCount, "averagePooling")
    let shares = self.shares(pooling)
    return accumulate(pooling.outputCount) { sums in
      for n in 0..<pooling.batch {
        let (firstInput, firstOutput) = (n * windows.inputPositions, n * windows.outputPositions)
        windows.forEachContribution { output, _, input in
          for c in 0..<channels {
            sums[(firstOutput + output) * channels + c] +=
              shares[output] * Double(x[(firstInput + input) * channels + c])
          }
        }
      }
    }
  }

  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage {
    let windows = pooling.windows, channels = pooling.channels
    guard failure.arePresent(gradient, operation: "averagePoolingGradient") else { return missing(pooling.inputCount) }
    let dy = read(gradient, pooling.outputCount, "averagePoolingGradient")
    let shares = self.shares(pooling)
    return accumulate(pooling.inputCount) { sums in
      for n in 0..<pooling.batch {
        let (firstInput, firstOutput) = (n * windows.inputPositions, n * windows.outputPositions)
        windows.forEachContribution { output, _, input in
          for c in 0..<channels {
            sums[(firstInput + input) * channels + c] +=
              shares[output] * Double(dy[(firstOutput + output) * channels + c])
          }
        }
      }
    }
  }

  /// What each element of a window counts in its average, by output position.
  private func shares(_ pooling: Pooling) -> [Double] {
    var elements = [Int](repeating: 0, count: pooling.windows.outputPositions)
    pooling.windows.forEachContribution { output, _, _ in elements[output] += 1 }
    return elements.map { 1 / Double(pooling.countsPadding ? pooling.windows.taps : $0) }
  }
}
