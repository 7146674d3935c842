import ArgumentParser
import Figment
import Foundation

struct BenchmarkCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "benchmark", abstract: "Times training steps and single operations.",
    discussion: """
      Suites:
        steps [MODEL …]   a training step of each model (default: all)
        operations        the operations that a training step of the VAE is made of
      Every figure is the median of several runs after a warm-up.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, json }

  @Argument(help: "The suite, then for 'steps' the models.")
  var suite: [String] = ["steps"]

  @OptionGroup var device: DeviceOption

  @Option(help: "Images in a step. Default: the model's own.")
  var batchSize: Int?

  @Option(help: "A table, or one JSON object a line.")
  var format: Format = .table

  @Option(help: "Seconds to spend on each case.")
  var seconds = 2.0

  func validate() throws {
    if let batchSize, batchSize < 1 { throw ValidationError("--batch-size is \(batchSize); it must be at least 1.") }
    if !(seconds > 0) { throw ValidationError("--seconds is \(seconds); it must be positive.") }
  }

  func run() throws {
    let suites = ["steps", "operations"]
    guard let name = suite.first, suites.contains(name) else {
      let hint = nearestName(to: suite.first ?? "", in: suites).map { "; did you mean “\($0)”?" } ?? ""
      throw UsageError("there is no suite “\(suite.first ?? "")”\(hint) Suites: \(suites.joined(separator: ", "))")
    }
    let device = try device.select().device
    let results: [BenchmarkResult]
    if name == "steps" {
      let types = try suite.count > 1 ? suite.dropFirst().map(ModelCatalog.type) : ModelCatalog.types
      results = try types.map { try StepBenchmark(seconds: seconds).measure($0, batchSize: batchSize, on: device) }
    } else {
      results = try OperationBenchmark(seconds: seconds).measure(batchSize: batchSize ?? 16, on: device)
    }
    switch format {
    case .json: for result in results { print(result.json) }
    case .table: print(BenchmarkResult.table(results))
    }
  }
}

struct BenchmarkResult: Encodable {
  let name: String
  let device: String
  let batch: Int
  let medianMs: Double
  let samplesPerSecond: Double
  let gflops: Double
  let peakMib: Double

  var json: String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // A struct of numbers and strings always encodes; NaN cannot occur, times are positive.
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
  }

  static func table(_ results: [BenchmarkResult]) -> String {
    let header = ["NAME", "DEVICE", "BATCH", "MS", "IMAGES/S", "GFLOP/S", "PEAK MIB"]
    let rows = results.map {
      [
        $0.name, $0.device, "\($0.batch)", $0.medianMs.formatted(digits: 3), $0.samplesPerSecond.formatted(digits: 0),
        $0.gflops.formatted(digits: 1), $0.peakMib.formatted(digits: 1),
      ]
    }
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].count }.max()! }
    return ([header] + rows).map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column < 2 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }
}

/// Repeats for a while and takes the median.
struct Stopwatch {
  let seconds: Double

  /// - Parameter body: Must wait for the device before it returns.
  /// - Returns: Milliseconds.
  func median(_ body: () throws -> Void) rethrows -> Double {
    for _ in 0..<2 { try body() }
    var times = [Double]()
    let start = ContinuousClock.now
    while times.count < 5 || (ContinuousClock.now - start).inSeconds < seconds {
      let time = try ContinuousClock().measure { try body() }
      times.append(time.inSeconds * 1e3)
    }
    times.sort()
    return times[times.count / 2]
  }
}

/// A whole training step on random images: forward, backward, optimizer, and the loss read back.
struct StepBenchmark {
  let seconds: Double

  func measure<Model: TrainableModel>(_ type: Model.Type, batchSize: Int?, on device: Device) throws -> BenchmarkResult {
    let batchSize = batchSize ?? Model.defaults.batchSize
    let milliseconds = try time(Model.self, batchSize: batchSize, on: device)
    return BenchmarkResult(
      name: Model.identifier, device: device.identifier, batch: batchSize, medianMs: milliseconds,
      samplesPerSecond: Double(batchSize) * 1e3 / milliseconds,
      gflops: Double(operations(Model.self, batchSize: batchSize)) / milliseconds / 1e6,
      peakMib: Double(device.backend.statistics.peakBytes) / Double(1 << 20))
  }

  private func time<Model: TrainableModel>(_: Model.Type, batchSize: Int, on device: Device) throws -> Double {
    let (model, batch, optimizers) = make(Model.self, batchSize: batchSize, on: device)
    return try Stopwatch(seconds: seconds).median {
      _ = try model.trainingStep(batch, optimizers: optimizers).total.scalar()
      try device.synchronize()
    }
  }

  /// Counted by following one step without computing it.
  private func operations<Model: TrainableModel>(_: Model.Type, batchSize: Int) -> Int {
    let backend = ShapeBackend()
    let (model, batch, optimizers) = make(Model.self, batchSize: batchSize, on: Device(backend))
    _ = model.trainingStep(batch, optimizers: optimizers)
    return backend.floatingPointOperations
  }

  private func make<Model: TrainableModel>(
    _: Model.Type, batchSize: Int, on device: Device
  ) -> (Model, TensorBatch, [Optimizer]) {
    let model = Model(.init(), on: device, seed: 0)
    let images = Tensor.randomUniform(
      Shape([batchSize] + model.imageShape), using: RandomGenerator(seed: 1), on: device)
    return (model, TensorBatch(images: images), model.optimizers(learningRate: nil).map(\.optimizer))
  }
}

/// The operations of a VAE's training step, one by one.
struct OperationBenchmark {
  let seconds: Double

  func measure(batchSize n: Int, on device: Device) throws -> [BenchmarkResult] {
    let generator = RandomGenerator(seed: 1)
    func random(_ shape: Shape) -> Tensor { .randomUniform(shape, low: -1, using: generator, on: device) }
    var cases: [(name: String, operations: Int, run: () -> Tensor)] = []

    func convolution(_ name: String, size: Int, _ input: Int, _ output: Int, stride: Int) {
      let x = random([n, size, size, input]).tracked(), w = random([3, 3, input, output]).tracked()
      let y = x.convolved(filter: w, stride: [stride, stride], padding: .same)
      let g = random(y.shape)
      let operations = 2 * y.count * 9 * input
      cases.append(
        (name, operations, { x.detached().convolved(filter: w.detached(), stride: [stride, stride], padding: .same) }))
      cases.append(
        (
          "\(name) input gradient", operations,
          {
            gradients(of: y, withRespectTo: [x], seed: g, retainsGraph: true)[0]
          }
        ))
      cases.append(
        (
          "\(name) filter gradient", operations,
          {
            gradients(of: y, withRespectTo: [w], seed: g, retainsGraph: true)[0]
          }
        ))
    }
    convolution("conv 28×28 1→32 k3", size: 28, 1, 32, stride: 1)
    convolution("conv 28×28 32→64 k3 s2", size: 28, 32, 64, stride: 2)
    convolution("conv 14×14 64→64 k3", size: 14, 64, 64, stride: 1)
    convolution("conv 28×28 32→1 k3", size: 28, 32, 1, stride: 1)

    let features = random([n, 12544]), narrow = random([12544, 32]), latents = random([n, 2]),
      wide = random([2, 12544])
    cases.append(("dense 12544→32", 2 * n * 12544 * 32, { features.dense(weight: narrow) }))
    cases.append(("dense 2→12544", 2 * n * 12544 * 2, { latents.dense(weight: wide) }))
    let map = random([n, 28, 28, 32])
    cases.append(("relu", 0, { map.relu() }))
    cases.append(("sum over positions", 0, { map.sum(axes: [0, 1, 2]) }))
    let images = random([n, 28, 28, 1])
    cases.append(("sigmoid cross-entropy", 0, { images.sigmoidCrossEntropy(images) }))
    cases.append(("random normal", 0, { .randomNormal(map.shape, using: generator, on: device) }))

    return try cases.map { name, operations, run in
      let milliseconds = try Stopwatch(seconds: seconds / 4).median {
        _ = run()
        try device.synchronize()
      }
      return BenchmarkResult(
        name: name, device: device.identifier, batch: n, medianMs: milliseconds,
        samplesPerSecond: Double(n) * 1e3 / milliseconds, gflops: Double(operations) / milliseconds / 1e6,
        peakMib: Double(device.backend.statistics.peakBytes) / Double(1 << 20))
    }
  }
}
