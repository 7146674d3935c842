import Backends

/// How products are computed on processors: the macros of `gemm_cpu.cl` and how work is shared.
struct ProcessorProductPlan {
  /// Multiply-adds worth waking a thread for: some ten microseconds.
  static let leastWork = 1 << 18

  /// Floats of a result that is cheap to add up from splits.
  static let smallResult = 1 << 19

  /// Values of k that are worth a split of their own, whose result is written and read once more.
  static let leastSplit = 512

  /// Floats of a tile that second-level caches hold.
  static let tileFloats = 36864

  /// The most rows of a wide tile of transposed patches: few long lines or many short ones.
  private static let transposedRows = 324

  /// Values of k that a pass takes from a right operand whose rows are far apart, so that they stay in the cache for all
  /// rows of the tile.
  private static let farRows = 112

  /// The most values of k and rows that a work-item's tile holds: up to 144 KiB, which second-level caches hold.
  let depthLimit: Int
  let rowLimit: Int
  let width: Int
  /// Rows of a register block, of which `rowLimit` is a multiple.
  let blockRows: Int
  let isNarrow: Bool
  let panelWidth: Int
  private let cachedFloats: Int

  /// - Parameters:
  ///   - block: The register block, unless it is that of a product with so many columns.
  ///   - cachedFloats: `OpenCLConfiguration`'s.
  init(_ product: GeneralProduct, device: OpenCLDevice, block: RegisterBlock? = nil, cachedFloats: Int) {
    self.cachedFloats = cachedFloats
    let block = block ?? device.registerBlock(columns: product.n)
    width = device.productWidth
    isNarrow = product.n <= 4
    blockRows = isNarrow ? 8 : block.rows
    panelWidth = isNarrow ? product.n : block.vectors * width
    // Copying is cheapest a patch's whole run at a time, which lies along k, or along the rows if the patches are
    // transposed; but each further pass over k reads the result again. The tile is small where little is used twice.
    switch (product.transposesLeft, isNarrow) {
    case (false, false): (depthLimit, rowLimit) = (384, 60)
    case (false, true): (depthLimit, rowLimit) = (192, 64)
    case (true, false): (depthLimit, rowLimit) = (384, product.n <= 16 * width ? Self.transposedRows : 132)
    case (true, true): (depthLimit, rowLimit) = (16, 192)
    }
  }

  /// Floats from one value of k to the next in a tile of transposed patches: an odd number of cache lines.
  private static func pitch(rows: Int) -> Int { rows.dividedUp(by: 16) / 2 * 32 + 16 }

  func macros(_ product: GeneralProduct, activation: String) -> [Macro] {
    var result = [Macro("WIDTH", width), Macro("ACTIVATION", activation)]
    if isNarrow {
      result.append(Macro("COLUMNS", product.n))
    } else {
      result += [Macro("ROWS", blockRows), Macro("VECTORS", panelWidth / width)]
    }
    if !product.transposesLeft {
      result += [Macro("DEPTH", depthLimit), Macro("ROW_LIMIT", rowLimit)]
    } else {
      // One program for all shapes of the wide tile. The last line's end is written as whole vectors.
      let (floats, rows) = isNarrow ? (depthLimit * Self.pitch(rows: rowLimit), rowLimit) : (Self.tileFloats, Self.transposedRows)
      result += [Macro("LEFT_TRANSPOSED", 1), Macro("ROW_LIMIT", rows), Macro("TILE", floats + 16)]
    }
    return result
  }

  /// The panels to copy the right operand into, or nil if the kernel reads it where it is.
  func packing(_ product: GeneralProduct) -> PanelLayout? {
    if product.k == 0 { return nil }
    if isNarrow && product.transposesLeft {
      if case .rows = product.right { return nil }
      return PanelLayout(width: product.n, of: product.n, k: product.k)
    }
    if isNarrow {
      // Vectors of k, column by column.
      if product.k.isMultiple(of: width) {
        if case .columns = product.right { return nil }
        if case .rows = product.right, product.n == 1 { return nil }
      }
      return PanelLayout(width: 1, of: product.n, k: product.k, paddedTo: width)
    }
    // Rows far apart share few sets of a cache: worth it only where they are not read again by the next tile. The last
    // panel may end in the next row, or in what follows the last one.
    if case .rows = product.right, product.n.isMultiple(of: width), isNear(product) || product.m <= rowLimit {
      return nil
    }
    return PanelLayout(width: panelWidth, of: product.n, k: product.k)
  }

  /// Whether rows of the right operand, left where they are, are as good as panels.
  private func isNear(_ product: GeneralProduct) -> Bool { product.n <= 8 * width }

  /// The values of k after which a pass or a split may end: a whole run of the patches, if it fits, or a vector.
  private func unit(_ product: GeneralProduct) -> Int {
    let run = product.left.runLength
    let isWhole = !product.transposesLeft && run <= depthLimit && !(isNarrow && !run.isMultiple(of: width))
    return isWhole ? run : isNarrow && !product.transposesLeft ? width : 1
  }

  func arguments(_ product: GeneralProduct, packing: PanelLayout?, device: OpenCLDevice) -> ProductArguments {
    var result = ProductArguments(
      rightRow: product.n, rightPanel: panelWidth, rightBatchStride: product.rightBatchStride, splitLength: product.k)
    if let packing {
      result.rightRow = isNarrow && !product.transposesLeft ? packing.paddedK : packing.width
      result.rightPanel = packing.paddedK * packing.width
      if product.rightBatchStride > 0 { result.rightBatchStride = packing.count }
    } else if isNarrow && !product.transposesLeft {
      result.rightRow = product.k
    }

    let units = product.units(of: device)
    let panels = isNarrow ? 1 : product.n.dividedUp(by: panelWidth)
    result.rowsPerGroup = product.m.dividedUp(by: product.m.dividedUp(by: rowLimit)).roundedUp(to: blockRows)
    let unit = unit(product)
    var groups = product.batch * product.m.dividedUp(by: result.rowsPerGroup)
    func split() {
      guard groups < 4 * units && product.batch == 1 else { return }
      let length = product.k.dividedUp(by: unit)
      let splits = parts(
        of: length, groups: groups, computeUnits: units, most: min(4 * units, product.k / Self.leastSplit),
        cost: 64 / unit)
      guard splits > 1 else { return }
      result.splitLength = length.dividedUp(by: splits) * unit
      result.splits = product.k.dividedUp(by: result.splitLength)
      groups *= result.splits
    }
    // Sharing panels copies the same patches for each share; a small result is cheaper to add up.
    if product.transposesLeft && product.m * product.n <= Self.smallResult { split() }
    result.panelsPerGroup = panels.dividedUp(
      by: parts(of: panels, groups: groups, computeUnits: units, most: min(panels, 4 * units), cost: 1))
    groups *= panels.dividedUp(by: result.panelsPerGroup)
    if result.splits == 1 { split() }
    // Shorter blocks of rows even out what other programs take, but cut runs of transposed patches: those only fill the
    // last round.
    if groups < 4 * units {
      let blocks = product.m.dividedUp(by: result.rowsPerGroup), shares = groups / blocks
      let wanted = (product.transposesLeft ? groups.roundedUp(to: units) : 4 * units).dividedUp(by: shares)
      let even = parts(
        of: product.m.dividedUp(by: blockRows), groups: shares, computeUnits: units,
        least: product.transposesLeft ? blocks : wanted, most: product.transposesLeft ? wanted : 2 * wanted, cost: 0)
      result.rowsPerGroup = min(result.rowsPerGroup, product.m.dividedUp(by: even).roundedUp(to: blockRows))
    }
    var depthLimit = depthLimit
    if product.transposesLeft && !isNarrow {
      depthLimit = min(depthLimit, Self.tileFloats / Self.pitch(rows: result.rowsPerGroup))
      if packing == nil && !isNear(product) { depthLimit = min(depthLimit, Self.farRows) }
    }
    // Passes of equal length: the last is not a short one.
    let passes = max(1, result.splitLength.dividedUp(by: depthLimit / unit * unit))
    result.depth = max(1, result.splitLength.dividedUp(by: passes)).roundedUp(to: unit)
    result.streams =
      result.splits == 1 && product.k <= result.depth && product.targetsAreRows && product.n.isMultiple(of: panelWidth)
      && product.batch * product.m * product.n > cachedFloats
    // Narrow products read vectors past the last row, up to the limit.
    result.pitch = Self.pitch(rows: isNarrow ? rowLimit : result.rowsPerGroup)
    return result
  }
}

extension OpenCLDevice {
  /// Floats in the vectors that processors compute products in.
  var productWidth: Int { vectorWidth >= 16 ? 16 : vectorWidth >= 8 ? 8 : 4 }

  /// Rows of a register block that is two vectors wide: 24 of the 32 registers of AVX-512 hold sums, the others operands;
  /// with the 16 registers of others 12.
  var productRows: Int { productWidth == 16 ? 12 : 6 }

  /// The register block of a product with `n` columns: with 32 registers four vectors wide, where they are full, because
  /// each element of the left operand that is loaded then serves as many.
  func registerBlock(columns n: Int, mostVectors: Int = 4) -> RegisterBlock {
    if productWidth == 16, mostVectors >= 4, n.roundedUp(to: 64) == n.roundedUp(to: 32) {
      return RegisterBlock(rows: 6, vectors: 4)
    }
    return RegisterBlock(rows: productRows, vectors: n <= productWidth ? 1 : 2)
  }
}

/// The sums that a product keeps in registers: so many rows of so many vectors.
struct RegisterBlock {
  let rows: Int
  let vectors: Int
}

extension GeneralProduct {
  /// Compute units to share it among: all, unless it is too small to wake them.
  func units(of device: OpenCLDevice) -> Int {
    min(device.computeUnits, max(1, batch * m * n * k / ProcessorProductPlan.leastWork))
  }
}

/// Parts to cut `length` into, for each of `groups`, such that the last compute unit ends soonest: the fewest from `least`
/// to `most`. `cost` is how much more a part takes than its length: adding up its result, or copying its operand.
func parts(of length: Int, groups: Int, computeUnits: Int, least: Int = 1, most: Int, cost: Int) -> Int {
  func time(_ parts: Int) -> Int {
    (groups * parts).dividedUp(by: computeUnits) * (length.dividedUp(by: parts) + cost)
  }
  return (least...max(least, most)).min { time($0) < time($1) }!
}

extension OpenCLBackend {
  func computeInPanels(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let plan = ProcessorProductPlan(product, device: device, cachedFloats: runtime.configuration.cachedFloats)
    let packing = plan.packing(product)
    let panels = try packing.map { try pack(right, of: product, as: $0) } ?? right
    let arguments = plan.arguments(product, packing: packing, device: device)
    // Splits are activated when they are added.
    let (macro, parameter) = (arguments.splits > 1 ? .identity : activation).macro
    let kernel = try runtime.kernel(
      plan.isNarrow ? .gemmCPUNarrow : .gemmCPU, plan.isNarrow ? "narrowProduct" : "product",
      macros: plan.macros(product, activation: macro))
    let blocks = WorkSize(
      product.m.dividedUp(by: arguments.rowsPerGroup),
      plan.isNarrow ? 1 : product.n.dividedUp(by: plan.panelWidth).dividedUp(by: arguments.panelsPerGroup),
      product.batch * arguments.splits)
    try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
      try runtime.launchInBlocks(
        kernel, blocks, arguments.words(product, hasBias: bias != nil), .words(product.left.words),
        .ulong(UInt64(product.leftBatchStride)), .ulong(UInt64(arguments.rightBatchStride)),
        .ulong(UInt64(arguments.rightPanel)), .float(parameter), .buffer(left), .buffer(panels),
        .buffer(bias ?? panels), .buffer(target))
    }
  }
}
