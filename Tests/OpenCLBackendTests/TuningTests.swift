import Backends
import Foundation
import ReferenceBackend
import TestSupport
import Testing

@testable import OpenCLBackend

/// Every way to compute a product is right, and the tuner keeps the fastest that is.
@Suite(.serialized) struct TuningTests {
  private func device(_ family: OpenCLConfiguration.Family, cache: URL? = nil) throws -> OpenCLBackend {
    var configuration = OpenCLConfiguration()
    configuration.family = family
    if let cache { configuration.cache = .folder(cache.path) }
    return try OpenCLBackend(configuration: configuration)
  }

  private func compute(_ operation: ProductOperation, on backend: any Backend) throws -> [Float] {
    let counts = operation.operandCounts
    let result = operation.run(
      on: backend, backend.upload(ProductTests.values(counts.left, seed: 1)),
      backend.upload(ProductTests.values(counts.right, seed: 2)))
    return try backend.values(of: result)
  }

  /// Products that every tile meets the edges of.
  private static let operations: [ProductOperation] = [
    .matrixProduct(MatrixProduct(m: 150, n: 137, k: 67)),
    .matrixProduct(MatrixProduct(m: 33, n: 70, k: 1030, transposesRight: true)),
    .matrixProduct(MatrixProduct(m: 70, n: 35, k: 600, transposesLeft: true)),
    .convolution(
      ProductTests.convolution(2, [9, 11], [3, 3], channels: (32, 48), low: [1, 1], high: [1, 1])),
    .inputGradient(
      ProductTests.convolution(2, [10, 8], [4, 4], channels: (32, 33), stride: [2, 2], low: [1, 1], high: [1, 1])),
    .filterGradient(
      ProductTests.convolution(3, [9, 11], [3, 3], channels: (32, 32), low: [1, 1], high: [1, 1])),
  ]

  @Test(arguments: [OpenCLConfiguration.Family.cpu, .gpu]) func everyWayIsRight(_ family: OpenCLConfiguration.Family) throws {
    let device = try device(family)
    for operation in Self.operations {
      let expected = try compute(operation, on: ProductTests.reference)
      for variant in device.productVariants {
        let found = try device.withProducts(going: variant) { try compute(operation, on: device) }
        let error = ProductTests.difference(found, expected)
        #expect(error <= 1e-5, "\(operation) by \(variant): off by \(error)")
      }
    }
  }

  /// Odd extents, phases without taps, different strides, three dimensions, several panels, positions that see nothing
  /// of images of one pixel.
  @Test(arguments: [
    ProductTests.convolution(2, [13, 10], [3, 3], channels: (70, 33), stride: [2, 2], low: [0, 1], high: [1, 1]),
    ProductTests.convolution(1, [11, 9], [2, 2], channels: (20, 7), stride: [3, 2]),
    ProductTests.convolution(2, [3, 3], [2, 2], channels: (20, 33), stride: [2, 2]),
    ProductTests.convolution(3, [17, 6], [5, 1], channels: (7, 16), stride: [4, 1], low: [2, 0]),
    ProductTests.convolution(1, [5, 6, 7], [3, 3, 3], channels: (33, 9), stride: [2, 2, 2], low: [1, 0, 1]),
  ]) func phasesOfAStrideAreJoined(_ convolution: Convolution) throws {
    let device = try device(.cpu)
    let operation = ProductOperation.inputGradient(convolution)
    let found = try compute(operation, on: device)
    #expect(device.statistics.productVariant == "joined phases")
    let error = try ProductTests.difference(found, compute(operation, on: ProductTests.reference))
    #expect(error <= 1e-5, "off by \(error)")
  }

  @Test func tunedWaysAreKeptAndServeTheirNeighbours() throws {
    let folder = try TemporaryFolder()
    let operation = ProductOperation.matrixProduct(MatrixProduct(m: 40, n: 64, k: 96))
    let counts = operation.operandCounts
    let first = try device(.cpu, cache: folder.url)
    let left = first.upload(ProductTests.values(counts.left, seed: 1))
    let right = first.upload(ProductTests.values(counts.right, seed: 2))
    let trials = try first.tune(operation, left, right, seconds: 0.01) { _ in true }
    #expect(trials.map(\.variant) == [.fewRows, .panels, .clblast])
    #expect(trials.allSatisfy { ($0.milliseconds ?? 0) > 0 })
    let file = try #require(try first.saveTuning())
    #expect(FileManager.default.fileExists(atPath: file.path))

    // A new process finds the choice, takes it for a shape near by, and not for one far away or of another kind.
    // The fastest, unless the rules' way, which is the first, is hardly slower.
    let fastest = try #require(trials.first { $0.isChosen })
    let least = try #require(trials.compactMap(\.milliseconds).min())
    #expect(fastest.milliseconds == least || (fastest.variant == .fewRows && least > 0.95 * fastest.milliseconds!))
    let tuning = ProductTuning(folder: file.deletingLastPathComponent(), device: first.device)
    func shape(_ m: Int, _ n: Int, _ k: Int, transposesLeft: Bool = false) -> ProductShape {
      ProductShape(
        GeneralProduct(
          m: m, n: n, k: k, left: PatchGeometry(matrixColumns: transposesLeft ? m : k), transposesLeft: transposesLeft,
          right: .rows))
    }
    #expect(tuning.variant(for: shape(40, 64, 96)) == fastest.variant)
    #expect(tuning.variant(for: shape(50, 64, 96)) == fastest.variant)
    #expect(tuning.variant(for: shape(400, 64, 96)) == nil)
    #expect(tuning.variant(for: shape(40, 64, 96, transposesLeft: true)) == nil)
  }

  @Test func wrongNumbersNeverWin() throws {
    let folder = try TemporaryFolder()
    let operation = ProductOperation.matrixProduct(MatrixProduct(m: 40, n: 64, k: 96))
    let counts = operation.operandCounts
    let backend = try device(.cpu, cache: folder.url)
    var checks = 0
    let trials = try backend.tune(
      operation, backend.upload(ProductTests.values(counts.left, seed: 1)),
      backend.upload(ProductTests.values(counts.right, seed: 2)), seconds: 0.01
    ) { _ in
      checks += 1
      return checks == 1
    }
    #expect(trials.map { $0.milliseconds != nil } == [true, false, false])
    #expect(trials.dropFirst().allSatisfy { $0.problem == "wrong numbers" })
    #expect(backend.runtime.choices.withLock { $0.tuning.entries.values.map(\.variant) } == [.fewRows])
  }

  @Test func aDamagedFileCountsAsNone() throws {
    let folder = try TemporaryFolder()
    let backend = try device(.cpu, cache: folder.url)
    let tuning = folder.url.appendingPathComponent("tuning")
    let file = try #require(ProductTuning(folder: tuning, device: backend.device).url)
    try FileManager.default.createDirectory(at: tuning, withIntermediateDirectories: true)
    try Data("{\"device\": \"x\", \"products\": [{\"variant\": \"magic\"}]}".utf8).write(to: file)
    #expect(ProductTuning(folder: tuning, device: backend.device).entries.isEmpty)
  }
}
