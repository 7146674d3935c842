import Backends

extension ReferenceBackend {
  public func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    guard failure.arePresent(input, filter, bias, operation: "convolution") else {
      return missing(convolution.outputCount)
    }
    let windows = convolution.windows
    let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
    let x = read(input, convolution.inputCount, "convolution, input")
    let weights = read(filter, convolution.filterCount, "convolution, filter")
    return accumulate(convolution.outputCount, bias: bias, channels: outputs, activation: activation) { sums in
      for n in 0..<convolution.batch {
        let x = x + n * windows.inputPositions * inputs, sums = sums + n * windows.outputPositions * outputs
        windows.forEachContribution { output, tap, input in
          for c in 0..<inputs {
            let factor = Double(x[input * inputs + c])
            let weights = weights + (tap * inputs + c) * outputs
            for o in 0..<outputs { sums[output * outputs + o] += factor * Double(weights[o]) }
          }
        }
      }
    }
  }

  public func convolutionInputGradient(
    _ convolution: Convolution, outputGradient: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    guard failure.arePresent(outputGradient, filter, bias, operation: "convolutionInputGradient") else {
      return missing(convolution.inputCount)
    }
    let windows = convolution.windows
    let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
    let dy = read(outputGradient, convolution.outputCount, "convolutionInputGradient, output gradient")
    let weights = read(filter, convolution.filterCount, "convolutionInputGradient, filter")
    return accumulate(convolution.inputCount, bias: bias, channels: inputs, activation: activation) { sums in
      for n in 0..<convolution.batch {
        let dy = dy + n * windows.outputPositions * outputs, sums = sums + n * windows.inputPositions * inputs
        windows.forEachContribution { output, tap, input in
          for c in 0..<inputs {
            let weights = weights + (tap * inputs + c) * outputs
            var sum = 0.0
            for o in 0..<outputs { sum += Double(dy[output * outputs + o]) * Double(weights[o]) }
            sums[input * inputs + c] += sum
          }
        }
      }
    }
  }

  public func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage {
    guard failure.arePresent(input, outputGradient, operation: "convolutionFilterGradient") else {
      return missing(convolution.filterCount)
    }
    let windows = convolution.windows
    let (inputs, outputs) = (convolution.inputChannels, convolution.outputChannels)
    let x = read(input, convolution.inputCount, "convolutionFilterGradient, input")
    let dy = read(outputGradient, convolution.outputCount, "convolutionFilterGradient, output gradient")
    return accumulate(convolution.filterCount) { sums in
      for n in 0..<convolution.batch {
        let x = x + n * windows.inputPositions * inputs, dy = dy + n * windows.outputPositions * outputs
        windows.forEachContribution { output, tap, input in
          for c in 0..<inputs {
            let factor = Double(x[input * inputs + c])
            let sums = sums + (tap * inputs + c) * outputs
            for o in 0..<outputs { sums[o] += factor * Double(dy[output * outputs + o]) }
          }
        }
      }
    }
  }
}
