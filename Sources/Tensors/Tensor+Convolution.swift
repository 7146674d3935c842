import Backends

/// How the borders of an image are treated.
public enum Padding: Hashable, Sendable {
  /// No padding: only windows that lie in the input.
  case valid
  /// Zeros so that the output has `⌈input / stride⌉` positions; an odd one goes to the end (as in Keras).
  case same
  /// The given zeros before and after each spatial axis.
  case explicit(low: [Int], high: [Int])

  /// Zeros before and after each axis for a convolution over `inputSize`.
  func amounts(inputSize: [Int], kernelSize: [Int], stride: [Int], dilation: [Int]) -> (low: [Int], high: [Int]) {
    switch self {
    case .valid: return (inputSize.map { _ in 0 }, inputSize.map { _ in 0 })
    case .explicit(let low, let high):
      require(
        low.count == inputSize.count && high.count == inputSize.count && (low + high).allSatisfy { $0 >= 0 },
        "padding: \(low) before and \(high) after want one number ≥ 0 for each of \(inputSize.count) axes")
      return (low, high)
    case .same:
      let totals = inputSize.indices.map { axis in
        let output = (inputSize[axis] + stride[axis] - 1) / stride[axis]
        let reach = (kernelSize[axis] - 1) * dilation[axis] + 1
        return Swift.max(0, (output - 1) * stride[axis] + reach - inputSize[axis])
      }
      return (totals.map { $0 / 2 }, totals.map { $0 - $0 / 2 })
    }
  }
}

extension Windows {
  /// Windows over `inputSize` with padding by rule.
  package init(inputSize: [Int], kernelSize: [Int], stride: [Int], padding: Padding, dilation: [Int]? = nil) {
    let dilation = dilation ?? kernelSize.map { _ in 1 }
    let (low, high) = padding.amounts(
      inputSize: inputSize, kernelSize: kernelSize, stride: stride, dilation: dilation)
    self.init(
      inputSize: inputSize, kernelSize: kernelSize, stride: stride, paddingLow: low, paddingHigh: high,
      dilation: dilation)
  }
}

extension Tensor {
  /// Extents between the batch and the channels.
  package var spatialSize: [Int] { Array(shape.dimensions.dropFirst().dropLast()) }

  /// Convolution in one to three dimensions: `[N, …size, I] ⋆ [k…, I, O] → [N, …, O]`, plus `bias` `[O]`,
  /// through `activation`. A cross-correlation, as in Keras and PyTorch.
  public func convolved(
    filter: Tensor, bias: Tensor? = nil, stride: [Int]? = nil, padding: Padding = .valid,
    dilation: [Int]? = nil, activation: Activation = .identity
  ) -> Tensor {
    let spatialRank = rank - 2
    require(
      (1...3).contains(spatialRank) && filter.rank == rank && filter.shape[-2] == shape[-1],
      "convolution: an input of shape \(shape) does not fit a filter of shape \(filter.shape) ([k…, input channels, output channels])"
    )
    let ones = [Int](repeating: 1, count: spatialRank)
    let (stride, dilation) = (stride ?? ones, dilation ?? ones)
    require(
      stride.count == spatialRank && dilation.count == spatialRank && (stride + dilation).allSatisfy { $0 > 0 },
      "convolution: stride \(stride) and dilation \(dilation) want one positive number for each of \(spatialRank) axes")
    let windows = Windows(
      inputSize: spatialSize, kernelSize: Array(filter.shape.dimensions.dropLast(2)), stride: stride,
      padding: padding, dilation: dilation)
    require(
      windows.outputSize.allSatisfy { $0 > 0 },
      "convolution: a filter of shape \(filter.shape), dilation \(dilation), is larger than the input of shape \(shape)"
    )
    let convolution = Convolution(
      batch: shape[0], windows: windows, inputChannels: shape[-1], outputChannels: filter.shape[-1])
    return convolved(convolution, filter: filter, bias: bias, activation: activation)
  }

  func convolved(
    _ convolution: Convolution, filter: Tensor, bias: Tensor? = nil, activation: Activation = .identity
  ) -> Tensor {
    requireBias(bias, channels: convolution.outputChannels, "convolution")
    Tensor.requireOneDevice(self, [filter, bias], for: "convolution")
    if convolution.windows.isWholeInput {
      // One window that is the whole input: a dense layer.
      return flattened()
        .dense(
          weight: filter.reshaped(to: [-1, convolution.outputChannels]), bias: bias,
          activation: activation
        )
        .reshaped(to: convolution.outputShape)
    }
    let storage = device.backend.convolution(
      convolution, input: self.storage, filter: filter.storage, bias: bias?.storage, activation: activation)
    return Tensor(
      storage, shape: convolution.outputShape, inputs: [self, filter] + (bias.map { [$0] } ?? []),
      savesOutput: activation != .identity
    ) { gradient, output, needs in
      let (gradient, bias) = gradient.gradientsBehind(activation, output: output, needsBias: needs.count > 2 && needs[2])
      return [
        needs[0] ? gradient.convolutionInputGradient(convolution, filter: filter) : nil,
        needs[1] ? self.convolutionFilterGradient(convolution, outputGradient: gradient) : nil,
      ] + (needs.count < 3 ? [] : [bias])
    }
  }

  /// Transposed convolution: `[N, …size, I] → [N, …, O]` with a filter `[k…, O, I]` (Keras' layout), plus
  /// `bias` `[O]`, through `activation`.
  ///
  /// - Parameter outputSize: The spatial extents of the result. A convolution with the same stride,
  ///   padding and dilation over them must give this tensor's extents. Keras' extents if not given:
  ///   ``transposedSize(inputSize:kernelSize:stride:padding:dilation:)``.
  public func transposedConvolved(
    filter: Tensor, bias: Tensor? = nil, stride: [Int]? = nil, padding: Padding = .valid,
    dilation: [Int]? = nil, outputSize: [Int]? = nil, activation: Activation = .identity
  ) -> Tensor {
    let spatialRank = rank - 2
    require(
      (1...3).contains(spatialRank) && filter.rank == rank && filter.shape[-1] == shape[-1],
      "transposed convolution: an input of shape \(shape) does not fit a filter of shape \(filter.shape) ([k…, output channels, input channels])"
    )
    let ones = [Int](repeating: 1, count: spatialRank)
    let (stride, dilation) = (stride ?? ones, dilation ?? ones)
    require(
      stride.count == spatialRank && dilation.count == spatialRank && (stride + dilation).allSatisfy { $0 > 0 },
      "transposed convolution: stride \(stride) and dilation \(dilation) want one positive number for each of \(spatialRank) axes")
    Tensor.requireOneDevice(self, [filter, bias], for: "transposed convolution")
    let kernelSize = Array(filter.shape.dimensions.dropLast(2))
    let outputSize =
      outputSize
      ?? Tensor.transposedSize(
        inputSize: spatialSize, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
    let windows = Windows(
      inputSize: outputSize, kernelSize: kernelSize, stride: stride, padding: padding, dilation: dilation)
    require(
      windows.outputSize == spatialSize,
      "transposed convolution: \(outputSize) cannot come from an input of shape \(shape) with kernel \(kernelSize), stride \(stride), padding \(padding)"
    )
    let convolution = Convolution(
      batch: shape[0], windows: windows, inputChannels: filter.shape[-2], outputChannels: shape[-1])
    return convolutionInputGradient(convolution, filter: filter, bias: bias, activation: activation)
  }

  /// Keras' output extents of a transposed convolution: `same` gives `stride · input`, `valid` and explicit
  /// padding the least extents that give `inputSize` back, but `valid` no fewer than `stride · input`.
  public static func transposedSize(
    inputSize: [Int], kernelSize: [Int], stride: [Int], padding: Padding, dilation: [Int]
  ) -> [Int] {
    inputSize.indices.map { axis in
      let reach = (kernelSize[axis] - 1) * dilation[axis] + 1
      return switch padding {
      case .same: inputSize[axis] * stride[axis]
      case .valid: (inputSize[axis] - 1) * stride[axis] + Swift.max(reach, stride[axis])
      case .explicit(let low, let high): (inputSize[axis] - 1) * stride[axis] + reach - low[axis] - high[axis]
      }
    }
  }

  /// The gradient of a convolution by its input, given the gradient by its output: `self`.
  func convolutionInputGradient(
    _ convolution: Convolution, filter: Tensor, bias: Tensor? = nil, activation: Activation = .identity
  ) -> Tensor {
    requireBias(bias, channels: convolution.inputChannels, "transposed convolution")
    if convolution.windows.isWholeInput {
      let product = Tensor.matmul(
        flattened(), filter.reshaped(to: [-1, convolution.outputChannels]), transposesRight: true
      ).reshaped(to: convolution.inputShape)
      return (bias.map { product + $0 } ?? product).activated(activation)
    }
    let storage = device.backend.convolutionInputGradient(
      convolution, outputGradient: self.storage, filter: filter.storage, bias: bias?.storage,
      activation: activation)
    return Tensor(
      storage, shape: convolution.inputShape, inputs: [self, filter] + (bias.map { [$0] } ?? []),
      savesOutput: activation != .identity
    ) { gradient, output, needs in
      let (gradient, bias) = gradient.gradientsBehind(activation, output: output, needsBias: needs.count > 2 && needs[2])
      return [
        needs[0] ? gradient.convolved(convolution, filter: filter) : nil,
        needs[1] ? gradient.convolutionFilterGradient(convolution, outputGradient: self) : nil,
      ] + (needs.count < 3 ? [] : [bias])
    }
  }

  /// The gradient of a convolution of `self` by its filter.
  func convolutionFilterGradient(_ convolution: Convolution, outputGradient: Tensor) -> Tensor {
    if convolution.windows.isWholeInput {
      return .matmul(flattened(), outputGradient.flattened(), transposesLeft: true)
        .reshaped(to: convolution.filterShape)
    }
    let storage = device.backend.convolutionFilterGradient(
      convolution, input: self.storage, outputGradient: outputGradient.storage)
    return Tensor(storage, shape: convolution.filterShape, inputs: [self, outputGradient]) { gradient, _, needs in
      [
        needs[0] ? outputGradient.convolutionInputGradient(convolution, filter: gradient) : nil,
        needs[1] ? self.convolved(convolution, filter: gradient) : nil,
      ]
    }
  }

  private func requireBias(_ bias: Tensor?, channels: Int, _ operation: String) {
    require(
      bias == nil || bias!.shape == [channels],
      "\(operation): a bias of shape \(bias?.shape ?? []) does not fit \(channels) output channels")
  }
}

extension Convolution {
  fileprivate var inputShape: Shape { Shape([batch] + windows.inputSize + [inputChannels]) }
  fileprivate var outputShape: Shape { Shape([batch] + windows.outputSize + [outputChannels]) }
  fileprivate var filterShape: Shape { Shape(windows.kernelSize + [inputChannels, outputChannels]) }
}
