import Backends
import CVectorLoops

extension CPUBackend {
  public func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage {
    guard failure.arePresent(input, filter, bias, operation: "convolution") else {
      return missing(convolution.outputCount)
    }
    let x = read(input, convolution.inputCount, "convolution, input")
    let weights = read(filter, convolution.filterCount, "convolution, filter")
    let bias = bias.map { read($0, convolution.outputChannels, "convolution, bias") }
    return make(convolution.outputCount) { output in
      if convolution.isNarrow {
        try convolveNarrow(convolution, x, filter: weights, into: output)
        return finish(
          output, rows: convolution.outputCount / convolution.outputChannels,
          channels: convolution.outputChannels, bias: bias, activation: activation)
      }
      if let winograd = WinogradConvolution(convolution, .forward) {
        return try outputsByWinograd(winograd, x, filter: weights, bias: bias, activation: activation, into: output)
      }
      let fused = activation.isExactInOneDNN
      let key = ConvolutionKey(
        pass: .forward, convolution: convolution, hasBias: fused && bias != nil,
        activation: fused ? activation : .identity)
      let done = try run(key, x, weights, bias: fused ? bias : nil, into: output) {
        try convolveByWindows(convolution, x, weights, into: output)
      }
      if !(done && fused) {
        finish(
          output, rows: convolution.outputCount / convolution.outputChannels,
          channels: convolution.outputChannels, bias: bias, activation: activation)
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
    let dy = read(outputGradient, convolution.outputCount, "convolutionInputGradient, output gradient")
    let weights = read(filter, convolution.filterCount, "convolutionInputGradient, filter")
    let bias = bias.map { read($0, convolution.inputChannels, "convolutionInputGradient, bias") }
    return make(convolution.inputCount) { output in
      if let winograd = WinogradConvolution(convolution, .inputGradient) {
        return try outputsByWinograd(winograd, dy, filter: weights, bias: bias, activation: activation, into: output)
      }
      if convolution.hasNarrowInputGradient {
        try inputGradientNarrow(convolution, dy, filter: weights, into: output)
      } else {
        let key = ConvolutionKey(pass: .inputGradient, convolution: convolution)
        try run(key, dy, weights, bias: nil, into: output) {
          try inputGradientByWindows(convolution, dy, weights, into: output)
        }
      }
      finish(
        output, rows: convolution.inputCount / convolution.inputChannels, channels: convolution.inputChannels,
        bias: bias, activation: activation)
    }
  }

  public func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage {
    guard failure.arePresent(input, outputGradient, operation: "convolutionFilterGradient") else {
      return missing(convolution.filterCount)
    }
    let x = read(input, convolution.inputCount, "convolutionFilterGradient, input")
    let dy = read(outputGradient, convolution.outputCount, "convolutionFilterGradient, output gradient")
    return make(convolution.filterCount) { output in
      if convolution.hasNarrowFilterGradient {
        return try filterGradientNarrow(convolution, x, dy, into: output)
      }
      if let winograd = WinogradConvolution(convolution, .filterGradient) {
        return try filterGradientByWinograd(winograd, x, dy, into: output)
      }
      let key = ConvolutionKey(pass: .filterGradient, convolution: convolution)
      try run(key, x, dy, bias: nil, into: output) {
        try filterGradientByWindows(convolution, x, dy, into: output)
      }
    }
  }

  /// Runs oneDNN's code for `key` and returns true, or `otherwise` where it has none that is worth calling.
  @discardableResult
  private func run(
    _ key: ConvolutionKey, _ first: UnsafePointer<Float>, _ second: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, into result: UnsafeMutablePointer<Float>, otherwise: () throws -> Void
  ) throws -> Bool {
    if key.isComputedByOneDNN {
      let done = try oneDNN.withConvolution(key) { made, stream in
        switch made {
        // oneDNN's plain loops are slower than a matrix of windows by orders of magnitude.
        case .success(let primitive) where !primitive.implementation.hasPrefix("ref"):
          let scratch = try scratch(primitive.scratchCount)
          try primitive.run(stream, first, second, bias: bias, into: result, scratch: scratch.pointer)
          return true
        case .success: return false
        case .failure(let error):
          guard error.isUnsupported else { throw error }
          return false
        }
      }
      if done { return true }
    }
    try otherwise()
    return false
  }
}

extension ConvolutionKey {
  /// oneDNN knows no empty arrays and no negative padding (cropping), and is not the fastest for everything.
  var isComputedByOneDNN: Bool {
    let windows = convolution.windows
    return convolution.inputCount > 0 && convolution.outputCount > 0 && convolution.filterCount > 0
      && windows.paddingLow.allSatisfy { $0 >= 0 } && windows.paddingHigh.allSatisfy { $0 >= 0 }
      && !writesBeyondItsScratchpad
      && !(pass == .inputGradient ? convolution.isInputGradientFasterByWindows : convolution.isFasterByWindows)
  }

  /// For the filter's gradient of a kernel of one element with a stride, oneDNN 2.6.3 asks for less scratch memory than
  /// its one thread writes (AVX2, few input channels).
  private var writesBeyondItsScratchpad: Bool {
    pass == .filterGradient && convolution.windows.taps == 1 && convolution.windows.stride.contains { $0 > 1 }
  }
}
