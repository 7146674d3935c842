import Backends

// Shrinks to nothing as the kernels land.
extension OpenCLBackend {
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) { fatalError("pending") }
  public func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage { fatalError("pending") }
  public func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage { fatalError("pending") }
  public func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage { fatalError("pending") }
  public func maximumPooling(_ pooling: Pooling, _ input: any Storage) -> (output: any Storage, taps: any Storage) { fatalError("pending") }
  public func maximumPoolingScatter(_ pooling: Pooling, _ gradient: any Storage, taps: any Storage) -> any Storage { fatalError("pending") }
  public func maximumPoolingGather(_ pooling: Pooling, _ input: any Storage, taps: any Storage) -> any Storage { fatalError("pending") }
  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage { fatalError("pending") }
  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage { fatalError("pending") }
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage { fatalError("pending") }
  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage { fatalError("pending") }
  public func moments(_ normalization: Normalization, _ input: any Storage) -> (mean: any Storage, variance: any Storage) { fatalError("pending") }
  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage { fatalError("pending") }
  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) { fatalError("pending") }
  public func random(_ distribution: Distribution, count: Int, generator: Philox, counter: UInt64) -> any Storage { fatalError("pending") }
  public func dropout(_ input: any Storage, rate: Float, generator: Philox, counter: UInt64) -> any Storage { fatalError("pending") }
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: [any Storage], gradients: [any Storage], slots: [[any Storage]]
  ) -> (parameters: [any Storage], slots: [[any Storage]]) { fatalError("pending") }
}
