import Backends

extension Tensor {
  /// What `upsampled(factors: factors).convolved(filter: filter, …)` gives, with nearest interpolation and
  /// stride 1, computed on the small image: `[N, …size, I] ⋆ [k…, I, O] → [N, …, O]`.
  ///
  /// With a factor f, f consecutive taps of the filter meet copies of one element, so their sum can meet the
  /// element itself: the pair is the transposed convolution of stride f whose filter holds the sums of each
  /// f neighbouring taps, k + f − 1 of them on an axis. A factor of 2 on two axes takes 2.25 (k = 3) to 2.8
  /// (k = 5) times fewer multiplications. The sums are taken in another order; otherwise it is the same
  /// function, and its gradients are.
  public func upsampledConvolved(
    filter: Tensor, bias: Tensor? = nil, factors: [Int], padding: Padding = .valid,
    activation: Activation = .identity
  ) -> Tensor {
    let spatialRank = rank - 2
    require(
      (1...3).contains(spatialRank) && filter.rank == rank && filter.shape[-2] == shape[-1],
      "upsampled convolution: an input of shape \(shape) does not fit a filter of shape \(filter.shape) ([k…, input channels, output channels])"
    )
    require(
      factors.count == spatialRank && factors.allSatisfy { $0 > 0 },
      "upsampled convolution: factors \(factors) do not fit an input of shape \(shape)")
    let kernelSize = Array(filter.shape.dimensions.dropLast(2))
    let ones = kernelSize.map { _ in 1 }
    let size = zip(spatialSize, factors).map(*)
    let (low, high) = padding.amounts(inputSize: size, kernelSize: kernelSize, stride: ones, dilation: ones)
    let windows = Windows(inputSize: size, kernelSize: kernelSize, paddingLow: low, paddingHigh: high)
    require(
      windows.outputSize.allSatisfy { $0 > 0 },
      "upsampled convolution: a filter of shape \(filter.shape) is larger than the upsampled input, \(size)")
    let reach = kernelSize.map { $0 - 1 }
    guard zip(low + high, reach + reach).allSatisfy({ $0 <= $1 }) else {
      // Padding as wide as the filter makes a border of nothing but bias, which a transposed convolution has not.
      return upsampled(factors: factors).convolved(
        filter: filter, bias: bias, padding: padding, activation: activation)
    }
    return transposedConvolved(
      filter: filter.sumsOfTaps(factors), bias: bias, stride: factors,
      padding: .explicit(low: zip(reach, low).map(-), high: zip(reach, high).map(-)),
      outputSize: windows.outputSize, activation: activation)
  }

  /// A filter `[k…, I, O]` to the filter `[k + f − 1…, O, I]` of the transposed convolution that upsamples
  /// by `factors` on the way: `result[j] = Σ_{r < f} filter[k − 1 − j + r]` on each axis.
  private func sumsOfTaps(_ factors: [Int]) -> Tensor {
    let taps = Array(shape.dimensions.dropLast(2)), axes = Array(taps.indices)
    let channels = [shape[-2], shape[-1]]
    let reach = factors.map { $0 - 1 }
    let means = reshaped(to: Shape([1] + taps + [channels.reduce(1, *)]))
      .averagePooled(
        size: factors, stride: factors.map { _ in 1 }, padding: .explicit(low: reach, high: reach),
        countsPadding: true)
    let sums = means * Float(factors.reduce(1, *))
    return sums.reshaped(to: Shape(zip(taps, reach).map(+) + channels))
      .transposed(axes + [taps.count + 1, taps.count]).flipped(axes: axes)
  }
}
