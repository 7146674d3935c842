import Backends

/// How products are computed on graphics cards: a tile of `gemm_gpu.cl` and how many splits.
struct GraphicsCardProductPlan {
  struct Tile: Equatable {
    var m: Int, n: Int, k: Int
    var itemsM: Int, itemsN: Int
    var items: Int { itemsM * itemsN }
    /// Floats of local memory: two tiles of each operand, one being filled while the other is multiplied.
    var localFloats: Int { 2 * k * (m + n + 8) }
  }

  /// From the most arithmetic for each load to the least work for each group.
  static let tiles = [
    Tile(m: 128, n: 128, k: 8, itemsM: 16, itemsN: 16), Tile(m: 64, n: 64, k: 16, itemsM: 16, itemsN: 16),
    Tile(m: 32, n: 32, k: 8, itemsM: 8, itemsN: 8),
  ]
  /// Others, that the tuner tries. (Not those where an item loads eight elements of both operands, such as
  /// 128×128×16: PoCL 3.1 compiles their transposed patches wrongly.)
  static let furtherTiles = [
    Tile(m: 128, n: 64, k: 8, itemsM: 16, itemsN: 16), Tile(m: 64, n: 128, k: 8, itemsM: 16, itemsN: 16),
    Tile(m: 128, n: 32, k: 8, itemsM: 16, itemsN: 8),
  ]
  /// For at most 16 and at most 4 columns, where square tiles would be mostly empty.
  static let narrowTile = Tile(m: 128, n: 16, k: 8, itemsM: 32, itemsN: 8)
  static let narrowestTile = Tile(m: 64, n: 4, k: 16, itemsM: 64, itemsN: 4)
  /// The longest sum one item adds up, which bounds its rounding error.
  static let longestSum = 8192

  let tile: Tile
  let splits: Int
  let splitLength: Int

  init(_ product: GeneralProduct, tile: Tile, device: OpenCLDevice) {
    self.tile = tile
    var splits = 1
    if product.batch == 1 {
      let filling = (2 * device.computeUnits).dividedUp(by: tile.groups(of: product))
      splits = max(min(filling, product.k / 512), product.k.dividedUp(by: Self.longestSum), 1)
    }
    splitLength = max(1, product.k.dividedUp(by: splits).roundedUp(to: tile.k))
    self.splits = max(1, product.k.dividedUp(by: splitLength))
  }

  func macros(_ product: GeneralProduct, activation: String) -> [Macro] {
    var macros = [
      Macro("ACTIVATION", activation), Macro("TILE_M", tile.m), Macro("TILE_N", tile.n), Macro("TILE_K", tile.k),
      Macro("ITEMS_M", tile.itemsM), Macro("ITEMS_N", tile.itemsN),
    ]
    if product.transposesLeft { macros.append(Macro("LEFT_TRANSPOSED", 1)) }
    if case .columns = product.right { macros.append(Macro("RIGHT_TRANSPOSED", 1)) }
    if product.left.isMatrix { macros.append(Macro("SINGLE_TAP", 1)) }
    return macros
  }
}

extension GraphicsCardProductPlan.Tile {
  static let all =
    GraphicsCardProductPlan.tiles + GraphicsCardProductPlan.furtherTiles
    + [GraphicsCardProductPlan.narrowTile, GraphicsCardProductPlan.narrowestTile]

  var name: String { "\(m)×\(n)×\(k)" }

  func groups(of product: GeneralProduct) -> Int {
    product.batch * product.m.dividedUp(by: m) * product.n.dividedUp(by: n)
  }

  func fits(_ device: OpenCLDevice) -> Bool {
    items <= device.maximumWorkGroupSize && localFloats * 4 <= device.localMemory
  }

  /// The largest tile that is not mostly empty and gives every compute unit something to do.
  static func byRules(_ product: GeneralProduct, device: OpenCLDevice) -> Self {
    typealias Plan = GraphicsCardProductPlan
    if product.n <= 4 && Plan.narrowestTile.fits(device) { return Plan.narrowestTile }
    if product.n <= 16 && Plan.narrowTile.fits(device) { return Plan.narrowTile }
    return Plan.tiles.first {
      $0.fits(device) && $0.m <= 2 * product.m && $0.n <= 2 * product.n
        && $0.groups(of: product) >= 2 * device.computeUnits
    } ?? Plan.tiles.last!
  }
}

extension OpenCLBackend {
  /// - Parameter name: Of a tile that fits the device.
  func computeInTiles(
    _ product: GeneralProduct, _ name: String, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let plan = GraphicsCardProductPlan(
      product, tile: GraphicsCardProductPlan.Tile.all.first { $0.name == name }!, device: device)
    var matrix = right
    if case .phase = product.right, product.k > 0 {
      // A filter is small beside what it is multiplied with; read as a plain matrix, its loads coalesce.
      matrix = try pack(right, of: product, as: PanelLayout(width: product.n, of: product.n, k: product.k))
    }
    var arguments = ProductArguments(
      rightRow: product.n, rightBatchStride: product.rightBatchStride, splits: plan.splits,
      splitLength: plan.splitLength)
    if case .columns = product.right { arguments.rightRow = product.k }
    let (macro, parameter) = (plan.splits > 1 ? .identity : activation).macro
    let kernel = try runtime.kernel(
      .gemmGPU, "product", macros: plan.macros(product, activation: macro))
    let tile = plan.tile
    let groups = WorkSize(
      product.n.dividedUp(by: tile.n), product.m.dividedUp(by: tile.m), product.batch * plan.splits)
    try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
      try runtime.launch(
        kernel, global: WorkSize(groups.x * tile.itemsN, groups.y * tile.itemsM, groups.z),
        local: WorkSize(tile.itemsN, tile.itemsM), arguments.words(product, hasBias: bias != nil),
        .words(product.left.words), .words(product.left.divisors), .ulong(UInt64(product.leftBatchStride)),
        .ulong(UInt64(product.rightBatchStride)), .float(parameter), .buffer(left), .buffer(matrix),
        .buffer(bias ?? matrix), .buffer(target))
    }
  }
}

extension PatchGeometry {
  /// The structure `Divisors` of `gemm_gpu.cl`: `n / d` is `(high 32 bits of n · magic + n) >> shift`, with
  /// `shift = ⌈log₂ d⌉` and `magic = ⌊2³² · (2^shift − d) / d⌋ + 1`.
  fileprivate var divisors: [Int] {
    [rows.x, rows.y, rows.z, taps.x, taps.y, taps.z, channels].flatMap { divisor -> [Int] in
      // A phase without taps divides nothing.
      let d = UInt64(max(1, min(divisor, Int(Int32.max))))
      let shift = UInt64(64 - (d - 1).leadingZeroBitCount)
      let magic = (1 << 32) * ((1 << shift) - d) / d + 1
      return [Int(Int32(truncatingIfNeeded: magic)), Int(shift)]
    }
  }
}
