import Backends
@testable import CPUBackend
import Foundation
import ReferenceBackend
import Synchronization
import TestSupport
import Testing

/// Arrays large enough to be split over threads; the parity suite's are mostly too small.
private let largeCases: [BackendCase] = [
  BackendCase("elements", .exact) { run in
    let x = run.uniform(100_003), y = run.uniform(100_003)
    return [
      run.backend.unary(.absolute, x), run.backend.binary(.add, x, y, Broadcast([100_003], [100_003], to: [100_003])),
      run.backend.select(x, y, x), run.backend.fill(3, count: 100_003),
      run.backend.unary(.activation(.relu), x),
    ]
  },
  BackendCase("broadcasts", .exact) { run in
    let x = run.uniform(3 * 700 * 37), row = run.uniform(37), plane = run.uniform(700)
    let shape: Shape = [3, 700, 37]
    return [
      run.backend.binary(.multiply, x, row, Broadcast(shape, [37], to: shape)),
      run.backend.binary(.subtract, plane, x, Broadcast([700, 1], shape, to: shape)),
    ]
  },
  BackendCase("reductions", .elements(1e-6, floor: 100)) { run in
    let x = run.uniform(120_000)
    return [Reduction.sum, .maximum, .minimum, .argumentMaximum].flatMap { reduction in
      [(1, 120_000, 1), (1, 3750, 32), (1, 40_000, 3), (2, 10, 6000), (1200, 100, 1), (40, 60, 50)].map {
        run.backend.reduce(reduction, x, outer: $0.0, length: $0.1, inner: $0.2)
      }
    }
  },
  BackendCase("layout", .exact) { run in
    let x = run.uniform(300 * 401), transposed = run.backend.allocate(count: 300 * 401)
    run.backend.copy(
      x, into: transposed, StridedCopy(shape: [401, 300], sourceStrides: [1, 401], destinationStrides: [300, 1]))
    let reversed = run.backend.allocate(count: 300 * 401)
    run.backend.copy(
      x, into: reversed,
      StridedCopy(shape: [300 * 401], sourceOffset: 300 * 401 - 1, sourceStrides: [-1], destinationStrides: [1]))
    let rows = run.integers(1000, -2..<302)
    return [
      transposed, reversed, run.backend.gather(x, indices: rows, rows: 300, width: 401),
    ]
  },
  BackendCase("scattered rows", .scale(1e-6)) { run in
    let rows = run.integers(1000, -2..<22), x = run.uniform(1000 * 64)
    return [run.backend.scatterAdd(x, indices: rows, rows: 20, width: 64)]
  },
  BackendCase("normalization", .scale(1e-5, floor: 1)) { run in
    [(1, 3000, 33), (5, 7000, 3), (60, 700, 2)].flatMap { (groups, rows, channels) in
      let shape = Normalization(groups: groups, rows: rows, channels: channels, epsilon: 1e-3)
      let x = run.uniform(shape.count, -1...2), dy = run.uniform(shape.count), scale = run.uniform(channels)
      let mean = run.uniform(shape.statisticsCount), variance = run.uniform(shape.statisticsCount, 0...2)
      let moments = run.backend.moments(shape, x)
      let gradients = run.backend.normalizationGradient(
        shape, input: x, outputGradient: dy, mean: mean, variance: variance, scale: scale, offset: scale,
        activation: .leakyReLU(slope: 0.2))
      return [
        moments.mean, moments.variance, gradients.input,
        run.backend.normalize(
          shape, x, mean: mean, variance: variance, scale: scale, offset: scale, activation: .leakyReLU(slope: 0.2)),
      ]
    }
  },
  BackendCase("pooling", .scale(1e-6)) { run in
    [1, 9].flatMap { batch in
      let windows = Windows(
        inputSize: [33, 40], kernelSize: [3, 3], stride: [2, 2], paddingLow: [1, 1], paddingHigh: [1, 1])
      let pooling = Pooling(batch: batch, windows: windows, channels: 70)
      let x = run.uniform(pooling.inputCount), dy = run.uniform(pooling.outputCount)
      let (output, taps) = run.backend.maximumPooling(pooling, x)
      return [
        output, taps, run.backend.maximumPoolingScatter(pooling, dy, taps: taps),
        run.backend.maximumPoolingGather(pooling, x, taps: taps), run.backend.averagePooling(pooling, x),
        run.backend.averagePoolingGradient(pooling, dy),
      ]
    }
  },
  BackendCase("upsampling", .scale(1e-6)) { run in
    [Interpolation.nearest, .bilinear].flatMap { interpolation in
      let upsampling = Upsampling(
        batch: 3, inputSize: [17, 23], factors: [2, 3], channels: 19, interpolation: interpolation)
      return [
        run.backend.upsampling(upsampling, run.uniform(upsampling.inputCount)),
        run.backend.upsamplingGradient(upsampling, run.uniform(upsampling.outputCount)),
      ]
    }
  },
  BackendCase("random numbers", .elements(1e-5, floor: 1)) { run in
    let generator = Philox(key: [11, 22]), x = run.uniform(100_001)
    return [
      run.backend.random(.normal(mean: 1, deviation: 2), count: 100_001, generator: generator, counter: 5),
      run.backend.random(.uniform(low: -1, high: 2), count: 100_001, generator: generator, counter: .max - 7),
      run.backend.dropout(x, rate: 0.3, generator: generator, counter: 1 << 32 - 100),
    ]
  },
  BackendCase("optimizer", .scale(1e-5)) { run in
    let counts = [70_000, 3, 40_001]
    var w = counts.map { run.uniform($0) }
    let g = counts.map { run.uniform($0) }
    var slots = (0..<2).map { _ in counts.map { run.uniform($0, 0.1...1) } }
    run.backend.optimizerStep(
      .adam(rate: 1e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-7, decay: 1e-4), parameters: &w, gradients: g,
      slots: &slots)
    return w + slots.joined()
  },
  BackendCase("matrix products", .scale(1e-5)) { run in
    [
      MatrixProduct(m: 16, n: 32, k: 12544), MatrixProduct(m: 16, n: 1254, k: 32, transposesRight: true),
      MatrixProduct(m: 1254, n: 32, k: 16, transposesLeft: true), MatrixProduct(batch: 3, m: 50, n: 70, k: 30),
      MatrixProduct(m: 2, n: 1100, k: 200), MatrixProduct(m: 31, n: 2100, k: 1027),
      MatrixProduct(m: 15, n: 533, k: 4100, transposesRight: true),
      MatrixProduct(m: 200, n: 3000, k: 701, transposesRight: true),
    ].map { product in
      run.backend.matrixProduct(
        product, run.uniform(product.batch * product.m * product.k),
        run.uniform(product.batch * product.k * product.n), bias: run.uniform(product.n), activation: .relu)
    }
  },
]

@Suite struct ThreadTests {
  private static let backends = [1, 2, 3, 7].map { CPUBackend(threads: $0) }

  @Test(arguments: largeCases) func anyNumberOfThreadsGivesTheReferencesResults(_ operation: BackendCase) throws {
    let expected = try operation.result(on: ReferenceBackend())
    for backend in Self.backends {
      for complaint in try operation.complaints(on: backend, reference: expected) {
        Issue.record("\(operation), \(backend.name): \(complaint)")
      }
    }
  }

  @Test func theNameSaysTheProcessorAndTheThreads() {
    #expect(Self.backends[0].name.hasSuffix(", 1 thread"))
    #expect(Self.backends[1].name.hasSuffix(", 2 threads"))
    #expect(Self.backends[0].name.first != " ")
  }

  @Test func manyCallersAtOnceGetTheSameBits() async throws {
    let backend = CPUBackend()
    let convolution = Convolution(
      batch: 4,
      windows: Windows(inputSize: [14, 14], kernelSize: [3, 3], paddingLow: [1, 1], paddingHigh: [1, 1]),
      inputChannels: 16, outputChannels: 32)
    @Sendable func result() throws -> [Float] {
      let x = backend.random(.uniform(low: -1, high: 1), count: convolution.inputCount, generator: Philox(key: [1, 2]), counter: 0)
      let w = backend.random(
        .uniform(low: -1, high: 1), count: convolution.filterCount, generator: Philox(key: [3, 4]), counter: 0)
      let y = backend.convolution(convolution, input: x, filter: w, bias: nil, activation: .relu)
      let product = backend.matrixProduct(
        MatrixProduct(m: 4 * 14, n: 14, k: 14 * 32), y,
        backend.random(.normal(mean: 0, deviation: 1), count: 14 * 14 * 32, generator: Philox(key: [5, 6]), counter: 0), bias: nil,
        activation: .identity)
      return try backend.values(of: product)
    }
    let expected = try result()
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<32 { group.addTask { try result() == expected } }
      for try await same in group { #expect(same) }
    }
  }

  /// Settings of the OpenMP runtime go before ours, and Linux must say how long threads waited.
  private static let decidesAboutSpinning =
    CPUBackend().team.threads > 1 && FileManager.default.fileExists(atPath: "/proc/self/schedstat")
    && ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_NUM_THREADS"].allSatisfy { ProcessInfo.processInfo.environment[$0] == nil }

  /// Our own loops on several threads, and oneDNN's: a small network has none of the former.
  static let parallelSections: [BackendCase] = [
    BackendCase("reduction", .exact) { run in
      [run.backend.reduce(.sum, run.backend.fill(1, count: 100_000), outer: 1, length: 100_000, inner: 1)]
    },
    BackendCase("convolution", .exact) { run in
      let convolution = Convolution(
        batch: 4,
        windows: Windows(inputSize: [14, 14], kernelSize: [3, 3], paddingLow: [1, 1], paddingHigh: [1, 1]),
        inputChannels: 3, outputChannels: 40)
      let x = run.backend.fill(1, count: convolution.inputCount), w = run.backend.fill(1, count: convolution.filterCount)
      return [run.backend.convolution(convolution, input: x, filter: w, bias: nil, activation: .identity)]
    },
  ]

  @Test(.enabled(if: decidesAboutSpinning), arguments: parallelSections)
  func threadsSpinLittleWhereOthersWantTheirProcessors(_ section: BackendCase) throws {
    let backend = CPUBackend(), isOver = SharedFlag()
    defer { isOver.flag.store(true, ordering: .relaxed) }
    for _ in 0..<2 * backend.team.threads {
      Thread.detachNewThread { while !isOver.flag.load(ordering: .relaxed) {} }
    }
    ThreadTeam.limitSpinning(false)
    let deadline = Date.now + 20
    while !ThreadTeam.spinsLittle, Date.now < deadline { _ = try section.result(on: backend) }
    #expect(ThreadTeam.spinsLittle)
  }

  @Test func smallProductsAndConvolutionsTakeOneThread() {
    let backend = CPUBackend()
    #expect(backend.oneDNN.threads(for: 20_000) == 1)
    #expect(backend.oneDNN.threads(for: 1_000_000) == backend.team.threads)
  }

  /// The OpenMP runtime limits spinning while it manages more threads than there are processors.
  @Test(.enabled(if: decidesAboutSpinning)) func theThreadsThatLimitSpinningComeAndGo() throws {
    let backend = CPUBackend()
    for isLimited in [true, false, true, false] {
      let expected = isLimited ? backend.team.threads : 0, deadline = Date.now + 10
      // Meanwhile other tests may have it decided otherwise.
      var found: Int
      repeat {
        ThreadTeam.limitSpinning(isLimited)
        found = try limitingThreads()
      } while found != expected && Date.now < deadline
      #expect(found == expected)
      let sum = backend.reduce(.sum, backend.fill(1, count: 100_000), outer: 1, length: 100_000, inner: 1)
      #expect(try backend.values(of: sum) == [100_000])
    }
  }

  @Test func teamsDoNotChangeOneAnothersThreads() throws {
    let threads = CPUBackend().team.threads
    let other = CPUBackend(threads: threads + 1)
    let ones = other.fill(1, count: 4096)
    let product = other.matrixProduct(MatrixProduct(m: 64, n: 64, k: 64), ones, ones, bias: nil, activation: .identity)
    #expect(try other.values(of: product).allSatisfy { $0 == 64 })
    #expect(CPUBackend().team.threads == threads)
  }

  /// Threads of this process that sleep so that others spin little.
  private func limitingThreads() throws -> Int {
    let tasks = "/proc/self/task"
    return try FileManager.default.contentsOfDirectory(atPath: tasks).count {
      // A thread may have ended since it was listed.
      (try? String(contentsOfFile: "\(tasks)/\($0)/comm", encoding: .utf8)) == "spin limiter\n"
    }
  }

  @Test func aSecondStepTakesNoMoreMemory() throws {
    let backend = CPUBackend()
    func step() throws {
      let convolution = Convolution(
        batch: 2, windows: Windows(inputSize: [9, 9], kernelSize: [3, 3], paddingLow: [1, 1], paddingHigh: [1, 1]),
        inputChannels: 8, outputChannels: 8)
      let x = backend.fill(1, count: convolution.inputCount), w = backend.fill(1, count: convolution.filterCount)
      let y = backend.convolution(convolution, input: x, filter: w, bias: nil, activation: .identity)
      _ = backend.convolutionFilterGradient(convolution, input: x, outputGradient: y)
      try backend.synchronize()
    }
    try step()
    let peak = backend.statistics.peakBytes
    for _ in 0..<10 { try step() }
    #expect(backend.statistics.peakBytes == peak)
    #expect(backend.statistics.bytesInUse == 0)
  }
}

private final class SharedFlag: Sendable {
  let flag = Atomic(false)
}
