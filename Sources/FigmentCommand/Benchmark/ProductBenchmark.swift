import Backends
import Figment
import Files
import Foundation

/// One matrix product, convolution or gradient: speed, share of the device's arithmetic, and error.
struct ProductBenchmark {
  let name: String
  let operation: ProductOperation
  let count: Int?

  static let networks = ["autoencoder", "vae", "gan", "dcgan", "age-cgan", "gan3d", "srgan", "standard"]

  /// The cases of the named lists: a network's, each product of a training step once; `standard` or `gemm`.
  /// None stands for all networks.
  static func cases(of lists: [String], batchSize: Int?) throws -> [ProductBenchmark] {
    try (lists.isEmpty ? networks : lists).flatMap { list -> [ProductBenchmark] in
      switch list {
      case "gemm": return gemm
      case "standard": return standard(batch: batchSize ?? 16)
      case _ where networks.contains(list): return try network(list, batchSize: batchSize)
      default:
        let hint = suggestion(for: list, among: networks, otherwise: ".")
        throw UsageError("there is no list “\(list)”\(hint) Lists: \(networks.joined(separator: ", "))")
      }
    }
  }

  private static func network(_ name: String, batchSize: Int?) throws -> [ProductBenchmark] {
    // The batch sizes that the training steps are compared at.
    let batches = ["dcgan": 32, "age-cgan": 32, "gan3d": 2]
    let products = try StepBenchmark.named(name).products(batchSize: batchSize ?? batches[name])
    var counts = [ProductOperation: Int](), order = [ProductOperation]()
    for product in products {
      if counts[product] == nil { order.append(product) }
      counts[product, default: 0] += 1
    }
    return order.map { ProductBenchmark(name: "\(name) \($0)", operation: $0, count: counts[$0]) }
  }

  private static let gemm: [ProductBenchmark] = [
    (512, 512, 512), (1024, 1024, 1024), (1025, 1025, 1025), (2048, 2048, 2048), (64, 64, 2048),
  ].flatMap { m, n, k in
    [(false, false), (false, true), (true, false)].map { left, right in
      let product = ProductOperation.matrixProduct(
        MatrixProduct(m: m, n: n, k: k, transposesLeft: left, transposesRight: right))
      return ProductBenchmark(name: "\(product)", operation: product, count: nil)
    }
  }

  /// Layers of AlexNet, ResNet-50, VGG and MobileNet v2 that other OpenCL libraries publish times of, those
  /// without groups: size, input and output channels, kernel, stride, padding.
  private static func standard(batch: Int) -> [ProductBenchmark] {
    let layers = [
      (224, 3, 64, 11, 4, 2), (27, 64, 192, 5, 1, 2), (13, 384, 256, 3, 1, 1),
      (224, 3, 64, 7, 2, 3), (56, 64, 256, 1, 1, 0), (56, 64, 64, 1, 1, 0), (56, 64, 64, 3, 1, 1),
      (14, 1024, 2048, 1, 2, 0), (14, 1024, 256, 1, 1, 0), (14, 256, 256, 3, 1, 1),
      (224, 3, 64, 3, 1, 1), (224, 64, 64, 3, 1, 1), (28, 512, 512, 3, 1, 1),
      (224, 3, 32, 3, 2, 1), (56, 144, 24, 1, 1, 0), (56, 24, 144, 1, 1, 0), (7, 960, 160, 1, 1, 0),
      (7, 960, 320, 1, 1, 0),
    ]
    return layers.flatMap { size, input, output, kernel, stride, padding -> [ProductBenchmark] in
      let windows = Windows(
        inputSize: [size, size], kernelSize: [kernel, kernel], stride: [stride, stride],
        paddingLow: [padding, padding], paddingHigh: [padding, padding])
      let convolution = Convolution(batch: batch, windows: windows, inputChannels: input, outputChannels: output)
      return [.convolution(convolution), .inputGradient(convolution), .filterGradient(convolution)]
        .map { ProductBenchmark(name: "standard \($0 as ProductOperation)", operation: $0, count: nil) }
    }
  }

  /// Random operands in [−1, 1).
  func operands(on device: Device) -> (left: Tensor, right: Tensor) {
    let generator = RandomGenerator(seed: 1)
    let (left, right) = operation.operandCounts
    return (
      .randomUniform([left], low: -1, using: generator, on: device),
      .randomUniform([right], low: -1, using: generator, on: device)
    )
  }

  func measure(seconds: Double, on device: Device, probes: CeilingProbes?) throws -> BenchmarkResult {
    let backend = device.backend
    let (left, right) = operands(on: device)
    let output = operation.run(on: backend, left.storage, right.storage)
    let values = try Tensor(output, shape: [operation.resultCount], on: device).scalars()
    let error = try SampledProduct(operation, left: left, right: right).error(of: values)

    let work = Double(operation.floatingPointOperations) / 1e9
    let (milliseconds, share) = try Stopwatch(seconds: seconds).median(
      of: { _ = operation.run(on: backend, left.storage, right.storage) }, waiting: { try device.synchronize() },
      work: work, beside: probes.map { probes in { try probes.gflops() / 1e3 } })
    var result = BenchmarkResult(name: name, device: device.identifier)
    result.count = count
    result.medianMs = milliseconds
    result.gflops = work / milliseconds * 1e3
    result.percentOfCeiling = share.map { $0 * 100 }
    result.error = error
    let variant = backend.statistics.productVariant
    result.variant = variant.isEmpty ? nil : variant
    return result
  }
}
