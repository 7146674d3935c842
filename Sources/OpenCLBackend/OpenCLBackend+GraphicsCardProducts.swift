import Backends

/// How products are computed on graphics cards: a tile of `gemm_gpu.cl` and how many splits.
struct GraphicsCardProductPlan {
  struct Tile: Equatable {
    var m: Int, n: Int, k: Int
    var itemsM: Int, itemsN: Int
    /// Multiply-adds among the instructions of its loop, as NVIDIA's compiler writes them for convolutions.
    var share: Double
    /// Groups that a multiprocessor has at a time, as registers allow.
    var resident: Int
    var items: Int { itemsM * itemsN }
    /// Floats of local memory: two tiles of each operand, one being filled while the other is multiplied.
    var localFloats: Int { 2 * k * (m + n + 8) }

    /// From the most arithmetic for each load to the least work for each group. (None where an item loads eight elements
    /// of both operands one by one, such as 128×128×16: PoCL 3.1 compiles their transposed patches wrongly.)
    static let all = [
      Tile(m: 128, n: 128, k: 8, itemsM: 16, itemsN: 16, share: 0.78, resident: 2),
      Tile(m: 128, n: 64, k: 8, itemsM: 16, itemsN: 16, share: 0.67, resident: 2),
      Tile(m: 64, n: 128, k: 8, itemsM: 16, itemsN: 16, share: 0.67, resident: 2),
      Tile(m: 64, n: 64, k: 16, itemsM: 16, itemsN: 16, share: 0.62, resident: 4),
      Tile(m: 128, n: 32, k: 8, itemsM: 16, itemsN: 8, share: 0.6, resident: 5),
      Tile(m: 32, n: 32, k: 8, itemsM: 8, itemsN: 8, share: 0.52, resident: 16),
      // Where others would be mostly empty.
      Tile(m: 128, n: 16, k: 8, itemsM: 32, itemsN: 8, share: 0.32, resident: 5),
      Tile(m: 64, n: 4, k: 16, itemsM: 64, itemsN: 4, share: 0.1, resident: 8),
    ]
  }

  let tile: Tile
  let splits: CardSplits
  /// What it is expected to take, in clock cycles.
  let cycles: Double

  /// With as many splits as are fastest.
  init(_ product: GeneralProduct, tile: Tile, device: OpenCLDevice) {
    let tried =
      product.batch == 1
      ? CardSplits.worthTrying(of: product.k, step: tile.k) : [CardSplits(of: product.k, count: 1, step: tile.k)]
    self = tried.map { Self(product, tile: tile, splits: $0, device: device) }.min { $0.cycles < $1.cycles }!
  }

  private init(_ product: GeneralProduct, tile: Tile, splits: CardSplits, device: OpenCLDevice) {
    (self.tile, self.splits) = (tile, splits)
    cycles = CardTime(
      groups: tile.groups(of: product) * splits.count, steps: splits.length.dividedUp(by: tile.k),
      multiplyAddsOfStep: tile.m * tile.n * tile.k, share: tile.share, resident: tile.resident,
      added: splits.added(of: product.m * product.n)
    ).cycles(on: device)
  }

  /// The fastest way, as far as that can be told beforehand.
  static func byRules(_ product: GeneralProduct, device: OpenCLDevice) -> Self {
    // Places of single floats of both operands, and 64 results, are more than an item has registers for.
    let tiles = Tile.all.filter {
      $0.fits(device) && ($0.m * $0.n < 64 * $0.items || product.leftWidth == 4 || product.rightWidth == 4)
    }
    let plans = tiles.map { Self(product, tile: $0, device: device) }
    return plans.min { $0.cycles < $1.cycles } ?? Self(product, tile: Tile.smallest, device: device)
  }

  /// - Parameter largestOperand: Its elements.
  func macros(_ product: GeneralProduct, activation: String, largestOperand: Int) -> [Macro] {
    var macros = [
      Macro("ACTIVATION", activation), Macro("TILE_M", tile.m), Macro("TILE_N", tile.n), Macro("TILE_K", tile.k),
      Macro("ITEMS_M", tile.itemsM), Macro("ITEMS_N", tile.itemsN),
    ]
    if product.transposesLeft { macros.append(Macro("LEFT_TRANSPOSED", 1)) }
    switch product.right {
    case .rows: break
    case .phase: macros.append(Macro("FILTER", 1))
    case .columns: macros.append(Macro("RIGHT_TRANSPOSED", 1))
    }
    if product.joinsPhases { macros.append(Macro("PHASES", 1)) }
    if product.featuresOfPhases != nil { macros.append(Macro("UNEVEN_PHASES", 1)) }
    if product.left.isMatrix {
      macros.append(Macro("SINGLE_TAP", 1))
    } else if product.isPlanar {
      macros.append(Macro("PLANAR", 1))
    }
    macros.append(Macro("LEFT_WIDTH", product.leftWidth))
    macros.append(Macro("RIGHT_WIDTH", product.rightWidth))
    macros.append(Macro("OUTPUT_WIDTH", GeneralProduct.width(product.n)))
    // The kernel works out places a little past the ends, too.
    macros.append(Macro(needsWideIndices(2 * largestOperand) ? "WIDE" : "NARROW", 1))
    return macros
  }
}

extension GraphicsCardProductPlan.Tile {
  /// The one that asks the least of a device.
  static let smallest = all.min { $0.items < $1.items }!

  var name: String { "\(m)×\(n)×\(k)" }

  func groups(of product: GeneralProduct) -> Int {
    product.batch * product.m.dividedUp(by: m) * product.n.dividedUp(by: n)
  }

  func fits(_ device: OpenCLDevice) -> Bool {
    items <= device.maximumWorkGroupSize && localFloats * 4 <= device.localMemory
  }
}

extension OpenCLBackend {
  /// - Parameter name: Of a tile that fits the device.
  func computeInTiles(
    _ product: GeneralProduct, _ name: String, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let plan = GraphicsCardProductPlan(product, tile: .all.first { $0.name == name }!, device: device)
    var arguments = ProductArguments(
      rightRow: product.rightRow, rightBatchStride: product.rightBatchStride, splits: plan.splits.count,
      splitLength: plan.splits.length, depth: plan.tile.k)
    let (macro, parameter) = (plan.splits.count > 1 ? .identity : activation).macro
    let kernel = try runtime.kernel(
      .gemmGPU, "product",
      macros: plan.macros(product, activation: macro, largestOperand: max(left.count, right.count)))
    let tile = plan.tile
    if kernel.maximumWorkGroupSize < tile.items,
      let smaller = GraphicsCardProductPlan.Tile.all.first(where: { $0.items <= kernel.maximumWorkGroupSize && $0.fits(device) })
    {
      // The compiler took more registers than so many items have.
      return try computeInTiles(product, smaller.name, left, right, bias: bias, activation: activation, into: output)
    }
    let blocks = product.m.dividedUp(by: tile.m)
    try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
      try launchBlocks(blocks, cycles: plan.cycles) { first, count in
        arguments.firstBlock = first
        try runtime.launch(
          kernel,
          global: WorkSize(
            product.n.dividedUp(by: tile.n) * tile.itemsN, count * tile.itemsM, product.batch * plan.splits.count),
          local: WorkSize(tile.itemsN, tile.itemsM), multiplyAdds: product.multiplyAdds * count / blocks,
          arguments.words(product, hasBias: bias != nil),
          .words(product.left.words), .words(product.divisors), .ulong(UInt64(product.leftBatchStride)),
          .ulong(UInt64(product.rightBatchStride)), .words(product.filter), .float(parameter), .buffer(left), .buffer(right),
          .buffer(bias ?? right), .buffer(target))
      }
    }
  }

  /// Launches blocks of rows through `launch`, which gets the first and how many: at once, or, if that is expected to take too
  /// long for a driver, some at a time.
  func launchBlocks(_ blocks: Int, cycles: Double, _ launch: (_ first: Int, _ count: Int) throws -> Void) throws {
    let launches = min(blocks, Int((cycles / runtime.configuration.longestLaunch).rounded(.up)))
    let atOnce = blocks.dividedUp(by: launches)
    for first in stride(from: 0, to: blocks, by: atOnce) { try launch(first, min(atOnce, blocks - first)) }
  }
}

extension GeneralProduct {
  /// The structure `Divisors` of `gemm_gpu_operands.cl`.
  fileprivate var divisors: [Int] { featuresOfPhases == nil ? left.divisors : left.divisors + left.fewerDivisors }

  /// Floats from one row of the right operand to the next, or from one column of a filter.
  fileprivate var rightRow: Int {
    switch right {
    case .rows: n
    case .columns: k
    case .phase(_, _, let channels): channels
    }
  }

  /// Floats that a card moves at a time: where every row of a matrix, and every pixel of an image, begins at a multiple of four
  /// floats, four.
  fileprivate static func width(_ distances: Int...) -> Int { distances.allSatisfy { $0.isMultiple(of: 4) } ? 4 : 1 }
  fileprivate var leftWidth: Int { Self.width(left.channels, leftBatchStride) }
  fileprivate var rightWidth: Int { Self.width(rightRow, rightBatchStride) }

  /// The structure `Filter` of `gemm_gpu_operands.cl`.
  var filter: [Int] {
    var words = [Int]()
    guard case .phase(let phase, let kernelSize, _) = right else { return Array(repeating: 0, count: 15) }
    // The first phase's taps begin with the remainder.
    let remainder = phase.firstTap &+ (phase.geometry.taps &- 1) &* phase.tapStep
    // An image may be smaller than a stride.
    let phases = joinsPhases ? pointwiseMin(left.targetStep, left.target) : [1, 1, 1]
    words.append(SIMD3(kernelSize), phase.firstTap, phase.tapStep, phases, remainder)
    return words
  }
}

extension PatchGeometry {
  /// The structure `Divisors` of `gemm_gpu_operands.cl`.
  fileprivate var divisors: [Int] { Divisor.words([rows.x, rows.y, rows.z, taps.x, taps.y, taps.z, channels]) }

  /// For the phases that reach fewer taps.
  fileprivate var fewerDivisors: [Int] { Divisor.words([taps.x - 1, taps.y - 1, taps.z - 1]) }
}

enum Divisor {
  /// Structures `Divisor` of `gemm_gpu_operands.cl`: `n / d` is `(high 32 bits of n · magic + n) >> shift`, with
  /// `shift = ⌈log₂ d⌉` and `magic = ⌊2³² · (2^shift − d) / d⌋ + 1`.
  static func words(_ divisors: [Int]) -> [Int] {
    divisors.flatMap { divisor -> [Int] in
      // A phase without taps divides nothing.
      let d = UInt64(max(1, min(divisor, Int(Int32.max))))
      let shift = UInt64(64 - (d - 1).leadingZeroBitCount)
      let magic = (1 << 32) * ((1 << shift) - d) / d + 1
      return [Int(Int32(truncatingIfNeeded: magic)), Int(shift)]
    }
  }
}
