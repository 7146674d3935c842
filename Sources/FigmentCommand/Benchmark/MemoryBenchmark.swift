import Backends
import Figment

/// An operation that memory bounds, on tensors much larger than the caches: bytes a second, counting each
/// operand and result once, and every pass that the operation's definition needs.
struct MemoryBenchmark {
  let name: String
  /// Elements read and written, in units of ``count``.
  let passes: Double
  /// How many operands of ``count`` elements.
  let operands: Int
  /// What the operation is called with, made of the operands before the time is taken.
  var prepare: (any Backend, [any Storage]) -> [any Storage] = { $1 }
  let run: (any Backend, inout [any Storage]) -> [any Storage]

  /// A feature map [16, 128, 128, 64]: 64 MiB.
  private static let (batch, side, channels) = (16, 128, 64)
  private static let count = batch * side * side * channels
  private static let rows = count / channels
  private static let whole = Shape([count])
  private static let same = Broadcast(whole, whole, to: whole)
  private static let pooling = Pooling(
    batch: batch,
    windows: Windows(inputSize: [side, side], kernelSize: [2, 2], stride: [2, 2], paddingLow: [0, 0], paddingHigh: [0, 0]),
    channels: channels)
  private static let upsampling = Upsampling(
    batch: batch, inputSize: [side / 2, side / 2], factors: [2, 2], channels: channels, interpolation: .nearest)
  private static let normalization = Normalization(groups: 1, rows: rows, channels: channels, epsilon: 1e-3)
  private static let philox = Philox(key: SIMD2(1, 2))

  static var all: [MemoryBenchmark] {
    func part(_ backend: any Backend, _ storage: any Storage, _ count: Int) -> any Storage {
      let result = backend.allocate(count: count)
      backend.copy(storage, into: result, StridedCopy(shape: [count], sourceStrides: [1], destinationStrides: [1]))
      return result
    }
    return [
      MemoryBenchmark(name: "copy", passes: 2, operands: 1) { [part($0, $1[0], count)] },
      MemoryBenchmark(name: "fill", passes: 1, operands: 0) { backend, _ in [backend.fill(1, count: count)] },
      MemoryBenchmark(name: "add", passes: 3, operands: 2) { [$0.binary(.add, $1[0], $1[1], same)] },
      MemoryBenchmark(name: "leaky relu", passes: 2, operands: 1) {
        [$0.unary(.activation(.leakyReLU(slope: 0.2)), $1[0])]
      },
      MemoryBenchmark(name: "tanh", passes: 2, operands: 1) { [$0.unary(.activation(.tanh), $1[0])] },
      MemoryBenchmark(name: "leaky relu gradient", passes: 3, operands: 2) {
        [$0.binary(.activationGradient(.leakyReLU(slope: 0.2)), $1[0], $1[1], same)]
      },
      MemoryBenchmark(name: "sum over rows (bias gradient)", passes: 1, operands: 1) {
        [$0.reduce(.sum, $1[0], outer: 1, length: rows, inner: channels)]
      },
      MemoryBenchmark(name: "sum of all", passes: 1, operands: 1) {
        [$0.reduce(.sum, $1[0], outer: 1, length: count, inner: 1)]
      },
      MemoryBenchmark(name: "batch norm, moments", passes: 1, operands: 1) {
        let (mean, variance) = $0.moments(normalization, $1[0])
        return [mean, variance]
      },
      MemoryBenchmark(name: "batch norm, leaky relu", passes: 3, operands: 1) {
        let (mean, variance) = $0.moments(normalization, $1[0])
        return [
          $0.normalize(
            normalization, $1[0], mean: mean, variance: variance, scale: nil, offset: nil,
            activation: .leakyReLU(slope: 0.2))
        ]
      },
      MemoryBenchmark(
        name: "batch norm, leaky relu, gradient", passes: 5, operands: 2,
        prepare: { $1 + [$0.fill(0, count: channels), $0.fill(1, count: channels)] }
      ) {
        let gradients = $0.normalizationGradient(
          normalization, input: $1[0], outputGradient: $1[1], mean: $1[2], variance: $1[3], scale: $1[3],
          offset: $1[2], activation: .leakyReLU(slope: 0.2))
        return [gradients.input, gradients.scale, gradients.offset]
      },
      MemoryBenchmark(name: "max pooling 2×2", passes: 1.5, operands: 1) {
        let (output, taps) = $0.maximumPooling(pooling, $1[0])
        return [output, taps]
      },
      MemoryBenchmark(
        name: "max pooling 2×2, gradient", passes: 1.5, operands: 1,
        prepare: { [part($0, $1[0], count / 4), $0.fill(2, count: count / 4)] }
      ) {
        [$0.maximumPoolingScatter(pooling, $1[0], taps: $1[1])]
      },
      MemoryBenchmark(
        name: "upsampling ×2", passes: 1.25, operands: 1, prepare: { [part($0, $1[0], count / 4)] }
      ) {
        [$0.upsampling(upsampling, $1[0])]
      },
      MemoryBenchmark(name: "upsampling ×2, gradient", passes: 1.25, operands: 1) {
        [$0.upsamplingGradient(upsampling, $1[0])]
      },
      MemoryBenchmark(name: "dropout", passes: 2, operands: 1) {
        [$0.dropout($1[0], rate: 0.25, generator: philox, counter: 0)]
      },
      MemoryBenchmark(name: "random uniform", passes: 1, operands: 0) { backend, _ in
        [backend.random(.uniform(low: -1, high: 1), count: count, generator: philox, counter: 0)]
      },
      MemoryBenchmark(name: "random normal", passes: 1, operands: 0) { backend, _ in
        [backend.random(.normal(mean: 0, deviation: 1), count: count, generator: philox, counter: 0)]
      },
      MemoryBenchmark(name: "concatenation of channels", passes: 4, operands: 2) { backend, inputs in
        let result = backend.allocate(count: 2 * count)
        for (position, input) in inputs.enumerated() {
          backend.copy(
            input, into: result,
            StridedCopy(
              shape: [rows, channels], sourceStrides: [channels, 1], destinationOffset: position * channels,
              destinationStrides: [2 * channels, 1]))
        }
        return [result]
      },
      MemoryBenchmark(name: "transposition", passes: 2, operands: 1) { backend, inputs in
        let result = backend.allocate(count: count)
        backend.copy(
          inputs[0], into: result,
          StridedCopy(shape: [channels, rows], sourceStrides: [1, channels], destinationStrides: [rows, 1]))
        return [result]
      },
      MemoryBenchmark(
        name: "adam", passes: 7, operands: 4,
        prepare: { backend, inputs in inputs.map { part(backend, $0, count) } },
        run: { backend, inputs in
          let rule = OptimizerRule.adam(rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, decay: 0)
          var parameters = [inputs[0]], slots = [[inputs[2]], [inputs[3]]]
          let gradients = [inputs[1]]
          // Held by none but these, they are written in place.
          inputs = []
          backend.optimizerStep(rule, parameters: &parameters, gradients: gradients, slots: &slots)
          inputs = parameters + gradients + slots.joined()
          return parameters + slots.joined()
        }),
    ]
  }

  func measure(seconds: Double, on device: Device, probes: CeilingProbes?) throws -> BenchmarkResult {
    let backend = device.backend
    let generator = RandomGenerator(seed: 1)
    let inputs = (0..<operands).map { _ in
      Tensor.randomUniform([Self.count], using: generator, on: device)
    }
    var storages = prepare(backend, inputs.map(\.storage))
    let error = try error(of: run(backend, &storages), inputs: inputs, on: device)
    let gigabytes = passes * 4 * Double(Self.count) / 1e9
    let (milliseconds, share) = try Stopwatch(seconds: seconds).median(
      of: { _ = run(backend, &storages) }, waiting: { try device.synchronize() }, work: gigabytes,
      beside: probes.map { probes in { try probes.gigabytesPerSecond() / 1e3 } })
    var result = BenchmarkResult(name: name, device: device.identifier)
    result.medianMs = milliseconds
    result.gigabytesPerSecond = gigabytes / milliseconds * 1e3
    result.percentOfCeiling = share.map { $0 * 100 }
    result.error = error
    return result
  }

  /// The largest difference from the reference backend, in root mean squares of the result it is in.
  private func error(of outputs: [any Storage], inputs: [Tensor], on device: Device) throws -> Double {
    let reference = Device(ReferenceBackend())
    let copies = try inputs.map { Tensor(try $0.scalars(), on: reference).storage }
    var operands = prepare(reference.backend, copies)
    return try zip(outputs, run(reference.backend, &operands)).map { output, expected in
      let actual = try Tensor(output, shape: [output.count], on: device).scalars()
      let exact = try Tensor(expected, shape: [expected.count], on: reference).scalars()
      let scale = (exact.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(exact.count)).squareRoot()
      let worst = zip(actual, exact).reduce(0.0) { max($0, abs(Double($1.0) - Double($1.1))) }
      return scale > 0 ? worst / scale : worst
    }.max() ?? 0
  }
}
