import Backends
import Testing

@testable import OpenCLBackend

/// How products would go on cards that no machine here has, by the rules.
@Suite struct CardRulesTests {
  struct Card: Sendable, CustomStringConvertible {
    let description: String
    let vendor: String
    /// As its driver counts.
    let units: Int

    func device() throws -> OpenCLDevice {
      var device = try #require(OpenCLInventory().devices.first)
      (device.kind, device.vendor, device.computeUnits) = (.gpu, vendor, units)
      (device.localMemory, device.maximumWorkGroupSize) = (48 << 10, 1024)
      return device
    }
  }

  static let cards = [
    Card(description: "H100", vendor: "NVIDIA Corporation", units: 132),
    Card(description: "RTX 3060", vendor: "NVIDIA Corporation", units: 28),
    Card(description: "RX 7900 XTX", vendor: "Advanced Micro Devices, Inc.", units: 96),
    Card(description: "Arc A770", vendor: "Intel(R) Corporation", units: 512),
  ]

  /// Convolutions of a step of each model: samples, positions along each axis, channels in and out, taps, stride.
  static let models: [(name: String, layers: [(Int, [Int], Int, Int, Int, Int)])] = [
    (
      "vae",
      [(16, [28, 28], 1, 32, 3, 1), (16, [28, 28], 32, 64, 3, 2), (16, [14, 14], 64, 64, 3, 1), (16, [28, 28], 32, 1, 3, 1)]
    ),
    (
      "dcgan",
      [
        (32, [64, 64], 3, 128, 5, 1), (32, [32, 32], 128, 256, 3, 1), (32, [15, 15], 256, 512, 3, 1),
        (32, [64, 64], 3, 64, 6, 2), (32, [32, 32], 64, 128, 6, 2), (32, [16, 16], 128, 256, 6, 2),
      ]
    ),
    (
      "srgan",
      [
        (1, [64, 64], 3, 64, 9, 1), (1, [64, 64], 64, 64, 3, 1), (1, [256, 256], 256, 3, 9, 1), (1, [256, 256], 256, 256, 4, 2),
        (1, [128, 128], 256, 64, 4, 2),
      ]
    ),
    (
      "gan3d",
      [
        (2, [64, 64, 64], 1, 64, 4, 2), (2, [32, 32, 32], 64, 128, 4, 2), (2, [16, 16, 16], 128, 256, 4, 2),
        (2, [8, 8, 8], 256, 512, 4, 2),
      ]
    ),
  ]

  /// Its product, those of its input gradient and that of its filter's, but for those that go as others.
  private func products(_ layer: (Int, [Int], Int, Int, Int, Int)) -> [GeneralProduct] {
    let (batch, size, inputs, outputs, taps, stride) = layer, axes = size.count, padding = (taps - stride) / 2
    func all(_ value: Int) -> [Int] { Array(repeating: value, count: axes) }
    let windows = Windows(
      inputSize: size, kernelSize: all(taps), stride: all(stride), paddingLow: all(padding), paddingHigh: all(padding))
    let convolution = Convolution(batch: batch, windows: windows, inputChannels: inputs, outputChannels: outputs)
    let forward = convolution.isNarrowOutward ? [] : [GeneralProduct(forward: convolution)]
    let phases = InputGradientPhase.all(of: convolution)
    let backward =
      GeneralProduct.joining(convolution, phases).map { [$0] } ?? phases.map { GeneralProduct(inputGradient: convolution, $0) }
    return forward + (convolution.isNarrowInward ? [] : backward)
      + (convolution.exchangesSides ? [] : [GeneralProduct(filterGradient: convolution)])
  }

  @Test(arguments: cards) func theSmallestTilesAreForTheSmallestProducts(_ card: Card) throws {
    let device = try card.device()
    for (name, layers) in Self.models {
      var total = 0, inSmallTiles = 0
      for product in layers.flatMap(products) {
        let plan = GraphicsCardProductPlan.byRules(product, device: device), work = product.multiplyAdds
        total += work
        // Larger ones would leave multiprocessors idle where the smallest, four at a time on each, are not too many.
        let isSmall = product.batch * product.m * product.n <= 4 * device.multiprocessors * 32 * 32
        if plan.tile.m * plan.tile.n <= 32 * 32, !isSmall { inSmallTiles += work }
        // Every multiprocessor has something to do, unless a split would be too short.
        let groups = plan.tile.groups(of: product) * plan.splits.count
        #expect(2 * groups >= min(device.multiprocessors, product.k / 512), "\(name): \(product)")
      }
      #expect(100 * inSmallTiles <= 15 * total, "\(name): \(inSmallTiles) of \(total)")
    }
  }

  /// SRGAN's blocks and DCGAN's phases of a stride go by Winograd's filtering where that is known to pay; dense layers, volumes and
  /// five taps cannot.
  @Test(arguments: cards) func threeTapsOnTwoAxesGoByWinogradsFiltering(_ card: Card) throws {
    let device = try card.device(), isNVIDIA = card.vendor.hasPrefix("NVIDIA")
    for layer in [(16, [24, 24], 64, 64, 3, 1), (32, [32, 32], 64, 128, 6, 2), (32, [15, 15], 256, 512, 3, 1)] {
      for product in products(layer) {
        let plan = try #require(GraphicsCardWinogradPlan(product, device: device), "\(product)")
        let tile = GraphicsCardProductPlan.byRules(product, device: device)
        #expect(plan.isFaster(than: tile, on: device) == isNVIDIA, "\(product): \(plan.cycles), \(tile.cycles)")
      }
    }
    for layer in [(32, [64, 64], 32, 128, 5, 1), (2, [16, 16, 16], 128, 256, 4, 2), (16, [1, 1], 64, 64, 1, 1)] {
      #expect(products(layer).allSatisfy { GraphicsCardWinogradPlan($0, device: device) == nil })
    }
    // Too little local memory, or groups too small.
    var small = device
    small.localMemory = 32 << 10
    #expect(GraphicsCardWinogradPlan(products((16, [24, 24], 64, 64, 3, 1))[0], device: small) == nil)
    (small.localMemory, small.maximumWorkGroupSize) = (48 << 10, 128)
    #expect(GraphicsCardWinogradPlan(products((16, [24, 24], 64, 64, 3, 1))[0], device: small) == nil)
  }

  /// Only a driver that knows the option gets it.
  @Test func intelsMatrixCardsHaveProductsWithTwiceTheRegisters() throws {
    var arc = try #require(Self.cards.last).device()
    #expect(arc.productOptions == " -DLOADS_ANYWAY -DUNKNOWN_DEPTH")
    arc.extensions.append("cl_intel_subgroup_matrix_multiply_accumulate")
    #expect(arc.productOptions == " -DLOADS_ANYWAY -DUNKNOWN_DEPTH -cl-intel-256-GRF-per-thread")
    arc.kind = .cpu
    #expect(arc.productOptions == "")
    #expect(try Self.cards[0].device().productOptions == "")
  }

  /// Intel counts engines, sixteen of which share what a work-group needs.
  @Test func intelsCardsHaveFewerMultiprocessorsThanTheyCount() throws {
    #expect(try Self.cards.map { try $0.device().multiprocessors } == [132, 28, 96, 32])
  }
}
