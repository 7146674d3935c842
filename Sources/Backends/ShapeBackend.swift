import Synchronization

/// A device that keeps counts and computes nothing: it lets a program follow a network and its shapes,
/// however large, in no time. Reading a value back is an error.
public final class ShapeBackend: Backend {
  private let recorded = Mutex<[ProductOperation]>([])

  /// The convolutions and matrix products so far.
  public var products: [ProductOperation] { recorded.withLock { $0 } }

  /// What they would take: two for each multiplication and addition.
  public var floatingPointOperations: Int { products.reduce(0) { $0 + $1.floatingPointOperations } }

  private func record(_ product: ProductOperation) -> any Storage {
    recorded.withLock { $0.append(product) }
    return allocate(count: product.resultCount)
  }

  private final class CountedStorage: Storage {
    let count: Int
    init(count: Int) { self.count = count }
  }

  public struct NoValues: Error, CustomStringConvertible {
    public let description = "the shape backend computes no values; choose a device that does"
  }

  public init() {}

  public let identifier = "shape"
  public let name = "shapes only"
  public var statistics: BackendStatistics { BackendStatistics() }

  public func allocate(count: Int) -> any Storage { CountedStorage(count: count) }
  private func like(_ storage: any Storage) -> any Storage { allocate(count: storage.count) }

  public func upload(_ values: UnsafeBufferPointer<Float>) -> any Storage { allocate(count: values.count) }
  public func download(_ storages: [any Storage], into values: UnsafeMutableBufferPointer<Float>) throws {
    throw NoValues()
  }
  public func synchronize() {}
  public func fill(_ value: Float, count: Int) -> any Storage { allocate(count: count) }
  public func copy(_ source: any Storage, into destination: any Storage, _ copy: StridedCopy) {}
  public func unary(_ operation: UnaryOperation, _ input: any Storage) -> any Storage { like(input) }
  public func binary(
    _ operation: BinaryOperation, _ left: any Storage, _ right: any Storage, _ broadcast: Broadcast
  ) -> any Storage { allocate(count: broadcast.count) }
  public func select(_ condition: any Storage, _ left: any Storage, _ right: any Storage) -> any Storage {
    like(left)
  }
  public func reduce(
    _ reduction: Reduction, _ input: any Storage, outer: Int, length: Int, inner: Int
  ) -> any Storage { allocate(count: outer * inner) }
  public func activationAndBiasGradients(
    _ activation: Activation, output: any Storage, gradient: any Storage, channels: Int
  ) -> (gradient: any Storage, bias: any Storage) { (like(gradient), allocate(count: channels)) }
  public func gather(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    allocate(count: indices.count * width)
  }
  public func scatterAdd(_ input: any Storage, indices: any Storage, rows: Int, width: Int) -> any Storage {
    allocate(count: rows * width)
  }
  public func matrixProduct(
    _ product: MatrixProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { record(.matrixProduct(product)) }
  public func convolution(
    _ convolution: Convolution, input: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { record(.convolution(convolution)) }
  public func convolutionInputGradient(
    _ convolution: Convolution, outputGradient: any Storage, filter: any Storage, bias: (any Storage)?,
    activation: Activation
  ) -> any Storage { record(.inputGradient(convolution)) }
  public func convolutionFilterGradient(
    _ convolution: Convolution, input: any Storage, outputGradient: any Storage
  ) -> any Storage { record(.filterGradient(convolution)) }
  public func maximumPooling(
    _ pooling: Pooling, _ input: any Storage
  ) -> (output: any Storage, taps: any Storage) {
    (allocate(count: pooling.outputCount), allocate(count: pooling.outputCount))
  }
  public func maximumPoolingScatter(
    _ pooling: Pooling, _ gradient: any Storage, taps: any Storage
  ) -> any Storage { allocate(count: pooling.inputCount) }
  public func maximumPoolingGather(_ pooling: Pooling, _ input: any Storage, taps: any Storage) -> any Storage {
    allocate(count: pooling.outputCount)
  }
  public func averagePooling(_ pooling: Pooling, _ input: any Storage) -> any Storage {
    allocate(count: pooling.outputCount)
  }
  public func averagePoolingGradient(_ pooling: Pooling, _ gradient: any Storage) -> any Storage {
    allocate(count: pooling.inputCount)
  }
  public func upsampling(_ upsampling: Upsampling, _ input: any Storage) -> any Storage {
    allocate(count: upsampling.outputCount)
  }
  public func upsamplingGradient(_ upsampling: Upsampling, _ gradient: any Storage) -> any Storage {
    allocate(count: upsampling.inputCount)
  }
  public func moments(
    _ normalization: Normalization, _ input: any Storage
  ) -> (mean: any Storage, variance: any Storage) {
    (allocate(count: normalization.statisticsCount), allocate(count: normalization.statisticsCount))
  }
  public func normalize(
    _ normalization: Normalization, _ input: any Storage, mean: any Storage, variance: any Storage,
    scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> any Storage { like(input) }
  public func normalizationGradient(
    _ normalization: Normalization, input: any Storage, outputGradient: any Storage, mean: any Storage,
    variance: any Storage, scale: (any Storage)?, offset: (any Storage)?, activation: Activation
  ) -> (input: any Storage, scale: any Storage, offset: any Storage) {
    (like(input), like(mean), like(mean))
  }
  public func random(
    _ distribution: Distribution, count: Int, generator: Philox, counter: UInt64
  ) -> any Storage { allocate(count: count) }
  public func dropout(_ input: any Storage, rate: Float, generator: Philox, counter: UInt64) -> any Storage {
    like(input)
  }
  public func optimizerStep(
    _ rule: OptimizerRule, parameters: inout [any Storage], gradients: [any Storage], slots: inout [[any Storage]]
  ) {}
}
