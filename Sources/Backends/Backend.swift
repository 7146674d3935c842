/// A device that computes: everything a tensor needs, and no more.
///
/// All tensors are contiguous, row-major and channels-last. Operations allocate what they return, never
/// change what anyone else can see and never throw: a device failure is latched and thrown by the next `download` or
/// `synchronize`, while operations after it return storage of undefined contents. Callers have checked
/// shapes; a count that does not match is a programming mistake and stops the program.
///
/// The same inputs on the same device give the same bits, always: no atomics on floats, no results that
/// depend on the timing of threads. Methods may be called from any thread.
///
/// `ReferenceBackend` is the definition of every operation; where this text and it disagree, mend both.
public protocol Backend: AnyObject, Sendable {
  /// How `--device` names it: `reference`, `cpu`, `opencl:0`.
  var identifier: String { get }
  /// What a person calls it: the maker's name for the device.
  var name: String { get }
  /// What it has done since it was made.
  var statistics: BackendStatistics { get }

  // MARK: Memory

  /// Storage of a copy of `values`.
  func upload(_ values: UnsafeBufferPointer<Float>) -> any Storage
  /// Waits once for what the storages depend on and copies them out, one after the other. Throws the first failure since
  /// the last throw.
  func download(_ storages: [any Storage], into values: UnsafeMutableBufferPointer<Float>) throws
  /// Waits for everything. Throws the first failure since the last throw.
  func synchronize() throws
  /// Storage of undefined contents, to be written by `copy`.
  func allocate(count: Int) -> any Storage
  /// Storage of `count` elements, all `value`.
  func fill(_ value: Float, count: Int) -> any Storage
  /// The only operation that writes into storage that exists; its maker calls it before anyone else can
  /// see `destination`.
  func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy)

  // MARK: Elements

  /// `f(x)` of every element.
  func unary(_ operation: UnaryOperation, _ input: any Storage) -> any Storage
  /// `f(a, b)` of the pairs of elements that `broadcast` names, giving as many as its shape has.
  func binary(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage
  /// `condition ≠ 0 ? left : right`, all of the same count.
  func select(_ condition: any Storage, _ left: any Storage, _ right: any Storage) -> any Storage
  /// Folds the middle axis of `[outer, length, inner]`, giving `[outer, inner]`. Sums are accumulated so
  /// that the error does not grow with `length` (pairwise or in blocks). `length > 0`, but a sum of none is 0, a mean NaN.
  func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage
  /// Folds all of what `binary` gives, which nobody else reads, into one element.
  func reducePairs(
    _ reduction: Reduction, _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage
  /// What a layer's backward pass begins with: the gradient in front of its activation, `f′ · gradient` with `f′` in
  /// terms of the layer's `output`, `[…, channels]`, and the sum of that over all axes but the last, which is the gradient
  /// by the layer's bias, `[channels]`.
  func activationAndBiasGradients(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage)
  /// Rows `indices[i]` of `[rows, width]`, giving `[indices.count, width]`. Indices are whole numbers held
  /// as floats; one outside `0..<rows` gives a row of NaN.
  func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage
  /// The adjoint of `gather`: `[rows, width]` with row `indices[i]` increased by row `i` of `input`; indices
  /// outside `0..<rows` add nothing.
  func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage

  // MARK: Products. Each adds `bias` (one value an output channel or column), then applies `activation`.

  /// `[batch, m, n]`, of operands laid out as the product says.
  func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage
  /// `[batch, …outputSize, outputChannels]`, of an input `[batch, …inputSize, inputChannels]` and a filter
  /// `[…kernelSize, inputChannels, outputChannels]`.
  func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage
  /// The gradient by the input: also transposed convolution, run forward, whose bias has
  /// `convolution.inputChannels` values.
  func convolutionInputGradient(
    _ convolution: Convolution, outputGradient: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage
  /// The gradient by the filter, `[…kernelSize, inputChannels, outputChannels]`.
  func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage

  // MARK: Pooling and upsampling

  /// The largest element of every window (padding never wins) and which tap of the window it was, first
  /// in row-major order among equals, as a float. The first NaN wins over every number. A window entirely in
  /// the padding gives −∞ and tap −1.
  func maximumPooling(_ pooling: Pooling, _ input: any Storage) -> (output: any Storage, taps: any Storage)
  /// `[output positions] → [input positions]`: adds each gradient to the input its tap names.
  func maximumPoolingScatter(_ pooling: Pooling, _ gradient: any Storage, taps: any Storage) -> any Storage
  /// `[input positions] → [output positions]`: the adjoint, reading the input that each tap names, 0 for
  /// tap −1.
  func maximumPoolingGather(_ pooling: Pooling, _ input: any Storage, taps: any Storage) -> any Storage
  /// `[input positions] → [output positions]`: the mean of every window.
  func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage
  /// `[output positions] → [input positions]`: the adjoint, a share of each gradient to every input of its window.
  func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage
  /// `[batch, …inputSize, channels] → [batch, …outputSize, channels]`.
  func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage
  /// `[batch, …outputSize, channels] → [batch, …inputSize, channels]`: the adjoint.
  func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage

  // MARK: Normalization

  /// Mean and population variance over the rows, each `[groups, channels]`; two passes or Welford's, never
  /// E[x²] − E[x]².
  func moments(_ normalization: Normalization, _ input: any Storage) -> (mean: any Storage, variance: any Storage)
  /// `activation(scale · (x − mean) / √(variance + ε) + offset)`, with `mean` and `variance`
  /// `[groups, channels]`, `scale` and `offset` `[channels]`.
  func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage
  /// `normalize` by the input's own moments, which `averages` follow.
  func normalizeByOwnMoments(
    _ normalization: Normalization, _ input: any Storage, scale: (any Storage)?, offset: (any Storage)?,
    activation: Activation, averages: inout MovingMoments?
  ) -> (output: any Storage, mean: any Storage, variance: any Storage)
  /// Gradients of `normalize` when mean and variance are the input's own moments. `outputGradient` arrives
  /// behind the activation, whose argument is computed again from the input: its output need not be kept.
  /// `scale` and `offset` gradients are `[groups, channels]`, to be summed over the groups.
  func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage)

  // MARK: Random numbers and optimization

  /// `count` draws. Element `i` is made of lane `i % 4` of block `counter + i / 4`; a normal one of two neighbouring
  /// lanes.
  func random(_ distribution: Distribution, count: Int, generator: Philox, counter: UInt64) -> any Storage
  /// Inverted dropout: `u ≥ rate ? x / (1 − rate) : 0`. Element `i` takes 16 bits, because making them is most of
  /// the work: `u` is `Philox.uniform16` of half `i % 2` of lane `i / 2 % 4` of block `counter + i / 8`.
  func dropout(_ input: any Storage, rate: Float, generator: Philox, counter: UInt64) -> any Storage
  /// New values for many parameters at once. `slots[s][p]` is slot `s` of parameter `p`. A storage that nothing but these
  /// arrays holds is written where it is, which spares a third of the memory traffic; any other is copied first.
  func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]])
}

extension Backend {
  public func reducePairs(
    _ reduction: Reduction, _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage {
    reduce(reduction, binary(operation, left, right, broadcast), outer: 1, length: broadcast.count, inner: 1)
  }

  public func normalizeByOwnMoments(
    _ normalization: Normalization, _ input: any Storage, scale: (any Storage)?, offset: (any Storage)?,
    activation: Activation, averages: inout MovingMoments?
  ) -> (output: any Storage, mean: any Storage, variance: any Storage) {
    normalizeInTurn(normalization, input, scale: scale, offset: offset, activation: activation, averages: &averages)
  }

  /// Moments first, then what is made of them.
  package func normalizeInTurn(
    _ normalization: Normalization, _ input: any Storage, scale: (any Storage)?, offset: (any Storage)?,
    activation: Activation, averages: inout MovingMoments?
  ) -> (output: any Storage, mean: any Storage, variance: any Storage) {
    let (mean, variance) = moments(normalization, input)
    averages?.follow(mean, variance, self)
    let output = normalize(
      normalization, input, mean: mean, variance: variance, scale: scale, offset: offset, activation: activation)
    return (output, mean, variance)
  }

  /// ``activationAndBiasGradients(_:output:gradient:channels:)`` as two operations: where they cannot be done in one walk,
  /// or need not be.
  package func activationGradientAndItsSum(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) {
    let flat = Broadcast([output.count], [output.count], to: [output.count])
    let passed = binary(.activationGradient(activation), output, gradient, flat)
    return (passed, reduce(.sum, passed, outer: 1, length: output.count / channels, inner: channels))
  }
}
