import Backends

extension Tensor {
  private func pooling(
    size: [Int], stride: [Int]?, padding: Padding, countsPadding: Bool = false, named name: String
  ) -> Pooling {
    let stride = stride ?? size
    require(
      (1...3).contains(rank - 2) && size.count == rank - 2 && stride.count == rank - 2
        && (size + stride).allSatisfy { $0 > 0 },
      "\(name): windows \(size), stride \(stride) do not fit an input of shape \(shape)")
    let windows = Windows(inputSize: spatialSize, kernelSize: size, stride: stride, padding: padding)
    require(
      windows.outputSize.allSatisfy { $0 > 0 }, "\(name): windows \(size) are larger than the input of shape \(shape)")
    return Pooling(batch: shape[0], windows: windows, channels: shape[-1], countsPadding: countsPadding)
  }

  /// The largest element of every window: `[N, …size, C] → [N, …, C]`. Among equals the first gets the
  /// gradient.
  public func maxPooled(size: [Int], stride: [Int]? = nil, padding: Padding = .valid) -> Tensor {
    let pooling = pooling(size: size, stride: stride, padding: padding, named: "max pooling")
    let (output, taps) = device.backend.maximumPooling(pooling, storage)
    return Tensor(output, shape: pooling.outputShape, inputs: [self]) { gradient, _, _ in
      [gradient.maxPoolingScattered(pooling, taps: taps)]
    }
  }

  private func maxPoolingScattered(_ pooling: Pooling, taps: any Storage) -> Tensor {
    let storage = device.backend.maximumPoolingScatter(pooling, self.storage, taps: taps)
    return Tensor(storage, shape: pooling.inputShape, inputs: [self]) { gradient, _, _ in
      [gradient.maxPoolingGathered(pooling, taps: taps)]
    }
  }

  private func maxPoolingGathered(_ pooling: Pooling, taps: any Storage) -> Tensor {
    let storage = device.backend.maximumPoolingGather(pooling, self.storage, taps: taps)
    return Tensor(storage, shape: pooling.outputShape, inputs: [self]) { gradient, _, _ in
      [gradient.maxPoolingScattered(pooling, taps: taps)]
    }
  }

  /// The mean of every window.
  ///
  /// - Parameter countsPadding: Whether padding takes part as zeros (PyTorch) or is left out (Keras).
  public func averagePooled(
    size: [Int], stride: [Int]? = nil, padding: Padding = .valid, countsPadding: Bool = false
  ) -> Tensor {
    averagePooled(
      pooling(size: size, stride: stride, padding: padding, countsPadding: countsPadding, named: "average pooling"))
  }

  private func averagePooled(_ pooling: Pooling) -> Tensor {
    Tensor(device.backend.averagePooling(pooling, storage), shape: pooling.outputShape, inputs: [self]) {
      gradient, _, _ in [gradient.averagePoolingGradient(pooling)]
    }
  }

  private func averagePoolingGradient(_ pooling: Pooling) -> Tensor {
    Tensor(device.backend.averagePoolingGradient(pooling, storage), shape: pooling.inputShape, inputs: [self]) {
      gradient, _, _ in [gradient.averagePooled(pooling)]
    }
  }

  /// The mean over space: `[N, …, C] → [N, C]`.
  public func globalAveragePooled() -> Tensor { mean(axes: spatialAxes("global average pooling")) }

  /// The maximum over space: `[N, …, C] → [N, C]`.
  public func globalMaxPooled() -> Tensor { max(axes: spatialAxes("global max pooling")) }

  private func spatialAxes(_ operation: String) -> [Int] {
    require(rank >= 3, "\(operation): an input of shape \(shape) has no space")
    return Array(1..<rank - 1)
  }

  /// Upsampling by whole factors, one for each spatial axis: `[N, …size, C] → [N, …size · factors, C]`.
  public func upsampled(factors: [Int], interpolation: Interpolation = .nearest) -> Tensor {
    require(
      (1...3).contains(rank - 2) && factors.count == rank - 2 && factors.allSatisfy { $0 > 0 },
      "upsampling: factors \(factors) do not fit an input of shape \(shape)")
    require(
      interpolation == .nearest || rank == 4, "upsampling: bilinear needs an input [N, height, width, C], not \(shape)")
    return upsampled(
      Upsampling(
        batch: shape[0], inputSize: spatialSize, factors: factors, channels: shape[-1],
        interpolation: interpolation))
  }

  private func upsampled(_ upsampling: Upsampling) -> Tensor {
    let shape = Shape([upsampling.batch] + upsampling.outputSize + [upsampling.channels])
    return Tensor(device.backend.upsampling(upsampling, storage), shape: shape, inputs: [self]) {
      gradient, _, _ in [gradient.upsamplingGradient(upsampling)]
    }
  }

  private func upsamplingGradient(_ upsampling: Upsampling) -> Tensor {
    let shape = Shape([upsampling.batch] + upsampling.inputSize + [upsampling.channels])
    return Tensor(device.backend.upsamplingGradient(upsampling, storage), shape: shape, inputs: [self]) {
      gradient, _, _ in [gradient.upsampled(upsampling)]
    }
  }
}

extension Pooling {
  fileprivate var inputShape: Shape { Shape([batch] + windows.inputSize + [channels]) }
  fileprivate var outputShape: Shape { Shape([batch] + windows.outputSize + [channels]) }
}
