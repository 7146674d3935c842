import Backends
import Foundation
import Testing

@testable import OpenCLBackend

/// Products whose launches are made again: with other operands they give what the reference gives.
@Suite(.serialized) struct LaunchSequenceTests {
  private let convolution = Convolution(
    batch: 2,
    windows: Windows(
      inputSize: [9, 7], kernelSize: [3, 3], stride: [2, 2], paddingLow: [1, 1], paddingHigh: [1, 1]),
    inputChannels: 16, outputChannels: 32)
  private let matrices = MatrixProduct(m: 17, n: 33, k: 40)

  /// With the kernels that the device is for.
  private func device() throws -> OpenCLBackend { try ProductTests.device(ProductTests.Kernels.families[0]) }

  /// How many launches it takes, with operands of the seed, on which it must give what the reference gives.
  private func launchCount(of operation: ProductOperation, seed: UInt32, on device: OpenCLBackend) throws -> Int {
    let before = device.statistics.launches
    let operands = [
      ProductTests.values(operation.operandCounts.left, seed: seed),
      ProductTests.values(operation.operandCounts.right, seed: seed + 1),
    ]
    try ProductTests.compare(device, operands: operands, "\(operation), seed \(seed)") { operation.run(on: $0, $1[0], $1[1]) }
    return device.statistics.launches - before
  }

  @Test(arguments: ProductTests.Kernels.families)
  func otherOperandsThanTheFirst(_ kernels: ProductTests.Kernels) throws {
    let device = try ProductTests.device(kernels)
    let operations: [ProductOperation] = [
      .convolution(convolution), .inputGradient(convolution), .filterGradient(convolution), .matrixProduct(matrices),
    ]
    for operation in operations {
      let known = device.runtime.sequences.count, launches = device.statistics.launches
      let counts = try [1, 10, 20].map { try launchCount(of: operation, seed: $0, on: device) }
      #expect(device.runtime.sequences.count == known + 1)
      #expect(device.statistics.launches > launches && counts[1] == counts[0] && counts[2] == counts[0])
    }
  }

  /// Splits that are added up at once, as too many wait, are no part of what is made again: only the product is.
  @Test func addingUpIsNoPartOfASequence() throws {
    var configuration = OpenCLConfiguration()
    (configuration.family, configuration.computeUnits, configuration.pendingFloats) = (.gpu, 132, 0)
    let device = try OpenCLBackend(configuration: configuration)
    let windows = Windows(inputSize: [17, 17], kernelSize: [3, 3], stride: [1, 1], paddingLow: [1, 1], paddingHigh: [1, 1])
    let operation = ProductOperation.filterGradient(
      Convolution(batch: 8, windows: windows, inputChannels: 5, outputChannels: 12))
    let counts = try [1, 10, 20].map { try launchCount(of: operation, seed: $0, on: device) }
    #expect(counts == [2, 2, 2], "a product and what adds up its splits")
    #expect(device.runtime.sequences.values.map(\.launches.count) == [1])
  }

  /// A display's driver ends what takes too long: such products go by some blocks of rows at a time.
  @Test func longProductsGoInSeveralLaunches() throws {
    var configuration = OpenCLConfiguration()
    (configuration.family, configuration.computeUnits, configuration.winograd) = (.gpu, 2, .wherePossible)
    let windows = Windows(inputSize: [17, 19], kernelSize: [5, 5], stride: [2, 2], paddingLow: [2, 2], paddingHigh: [2, 2])
    let convolution = Convolution(batch: 7, windows: windows, inputChannels: 24, outputChannels: 20)
    // By Winograd's filtering, of two taps in each phase of a stride.
    let even = Windows(inputSize: [18, 20], kernelSize: [4, 4], stride: [2, 2], paddingLow: [1, 1], paddingHigh: [1, 1])
    let filtered = Convolution(batch: 7, windows: even, inputChannels: 24, outputChannels: 40)
    let operations: [ProductOperation] =
      [.matrixProduct(MatrixProduct(m: 300, n: 70, k: 333))]
      + [convolution, filtered].flatMap { [.convolution($0), .inputGradient($0), .filterGradient($0)] }
    for operation in operations {
      // Twice: worked out, and made again.
      let counts = try [3000, OpenCLConfiguration().longestLaunch].map { longest in
        configuration.longestLaunch = longest
        let device = try OpenCLBackend(configuration: configuration)
        return try launchCount(of: operation, seed: 1, on: device) + launchCount(of: operation, seed: 1, on: device)
      }
      #expect(counts[0] > counts[1], "\(operation): \(counts)")
    }
  }

  @Test func biasAndActivationAreSequencesOfTheirOwn() throws {
    let device = try device()
    let operands = [
      ProductTests.values(17 * 40, seed: 1), ProductTests.values(40 * 33, seed: 2), ProductTests.values(33, seed: 3),
    ]
    for _ in 0..<2 {
      for activation in [Activation.identity, .sigmoid] {
        for hasBias in [false, true] {
          try ProductTests.compare(device, operands: operands, "\(activation), bias: \(hasBias)") {
            $0.matrixProduct(matrices, $1[0], $1[1], bias: hasBias ? $1[2] : nil, activation: activation)
          }
        }
      }
    }
    #expect(device.runtime.sequences.count == 4)
  }

  @Test func anOperandInTwoPlacesIsNotTakenForOne() throws {
    let device = try device()
    let square = MatrixProduct(m: 20, n: 20, k: 20, transposesRight: true)
    let (a, b) = (ProductTests.values(400, seed: 1), ProductTests.values(400, seed: 2))
    try ProductTests.compare(device, operands: [a], "a·aᵀ") {
      $0.matrixProduct(square, $1[0], $1[0], bias: nil, activation: .identity)
    }
    try ProductTests.compare(device, operands: [a, b], "a·bᵀ") {
      $0.matrixProduct(square, $1[0], $1[1], bias: nil, activation: .identity)
    }
    try ProductTests.compare(device, operands: [b], "b·bᵀ") {
      $0.matrixProduct(square, $1[0], $1[0], bias: nil, activation: .identity)
    }
  }

  @Test func whatCLBlastDoesIsNotRepeated() throws {
    let device = try device()
    let operands = [ProductTests.values(17 * 40, seed: 1), ProductTests.values(40 * 33, seed: 2)]
    func run() throws {
      try ProductTests.compare(device, operands: operands, "17×33×40") {
        $0.matrixProduct(matrices, $1[0], $1[1], bias: nil, activation: .identity)
      }
    }
    // As the tuner leaves it when CLBlast was fastest.
    let product = GeneralProduct(m: 17, n: 33, k: 40, left: PatchGeometry(matrixColumns: 40), right: .rows)
    device.runtime.choices.withLock {
      $0.tuning.set(.init(shape: ProductShape(product), variant: .clblast, milliseconds: 1, defaultMilliseconds: 2))
    }
    try run()
    try run()
    #expect(device.statistics.productVariant == "clblast")
    #expect(device.runtime.sequences.isEmpty)
  }

  @Test func tuningForgetsThem() throws {
    let device = try device()
    let left = device.send(ProductTests.values(17 * 40, seed: 1)), right = device.send(ProductTests.values(40 * 33, seed: 2))
    _ = device.matrixProduct(matrices, left, right, bias: nil, activation: .identity)
    #expect(device.runtime.sequences.count == 1)
    _ = try device.tune(.matrixProduct(matrices), left, right, seconds: 0.01) { _ in true }
    #expect(device.runtime.sequences.isEmpty)
  }

  /// Eight phases of three axes, each with points of its tiles and of its filter and their products.
  @Test(.enabled(if: ProductTests.Kernels.families.contains(.processor), "FIGMENT_KERNELS is gpu"))
  func launchesOneAfterTheOtherShareMemory() throws {
    let device = try OpenCLBackend(configuration: configuration { ($0.family, $0.winograd) = (.cpu, .inParts) })
    let shape = ProductTests.convolution(1, [8, 8, 8], [4, 4, 4], channels: (16, 32), stride: [2, 2, 2], low: [1, 1, 1])
    let gradient = device.send(ProductTests.values(shape.outputCount, seed: 1))
    let filter = device.send(ProductTests.values(shape.filterCount, seed: 2))
    _ = device.convolutionInputGradient(
      shape, outputGradient: gradient, filter: filter, bias: nil, activation: .identity)
    try device.synchronize()
    let sequence = try #require(device.runtime.sequences.values.first)
    #expect(sequence.variant == .winogradParts && sequence.launches.count == 24 && sequence.temporaries.count == 3)
  }

  /// What was noted holds nothing where the launch fails.
  @Test func aLaunchThatFailsLetsGoOfWhatItNoted() throws {
    let device = try OpenCLBackend(configuration: configuration { $0.expandSource = { _ in "not C" } })
    for _ in 0..<20 {
      _ = device.convolution(
        convolution, input: device.send(ProductTests.values(2 * 9 * 7 * 16, seed: 1)),
        filter: device.send(ProductTests.values(9 * 16 * 32, seed: 2)), bias: nil, activation: .identity)
      #expect(throws: OpenCLError.self) { try device.synchronize() }
    }
    #expect(device.runtime.recorder == nil && device.statistics.bytesInUse == 0)
  }
}
