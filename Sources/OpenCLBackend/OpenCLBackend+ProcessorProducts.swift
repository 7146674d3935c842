import Backends

/// How products are computed on processors: the macros of `gemm_cpu.cl` and how work is shared.
struct ProcessorProductPlan {
  /// Rows of a register block.
  static let blockRows = 8
  /// Multiply-adds worth waking a thread for: some ten microseconds.
  static let leastWork = 1 << 18

  /// A result larger than this has left the caches before anyone reads it.
  static let cachedFloats = 6 << 20

  /// Floats of a result that is cheap to add up from splits.
  static let smallResult = 1 << 17

  /// The most values of k and rows of a work-item's tile: 52 or 136 KiB, and 13 where little is used twice.
  /// Copying is cheapest a patch's whole run at a time, which lies along k, or along the rows if the patches
  /// are transposed.
  let depthLimit: Int
  let rowLimit: Int
  let width: Int
  let isNarrow: Bool
  let panelWidth: Int

  init(_ product: GeneralProduct, vectorWidth: Int) {
    width = vectorWidth >= 16 ? 16 : vectorWidth >= 8 ? 8 : 4
    isNarrow = product.n <= 4
    (depthLimit, rowLimit) = product.transposesLeft ? (isNarrow ? 16 : 128, isNarrow ? 192 : 256) : (192, 64)
    panelWidth = isNarrow ? product.n : product.n <= width ? width : 2 * width
  }

  func macros(_ product: GeneralProduct, activation: String) -> [(String, String)] {
    [("WIDTH", "\(width)"), ("DEPTH", "\(depthLimit)"), ("ROW_LIMIT", "\(rowLimit)"), ("ACTIVATION", activation)]
      + (isNarrow
        ? [("COLUMNS", "\(product.n)")] : [("ROWS", "\(Self.blockRows)"), ("VECTORS", "\(panelWidth / width)")])
      + (product.transposesLeft ? [("LEFT_TRANSPOSED", "1")] : [])
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
    // Rows far apart share few sets of a cache: worth it only where hardly anything is read twice.
    if case .rows = product.right, product.n.isMultiple(of: panelWidth),
      product.n <= 4 * panelWidth || product.m <= 4 * Self.blockRows
    {
      return nil
    }
    return PanelLayout(width: panelWidth, of: product.n, k: product.k)
  }

  /// As many values of k at a time as hold whole runs of the patches, or whole vectors.
  private func depth(_ product: GeneralProduct) -> Int {
    let run = product.left.runLength
    let isWhole = !product.transposesLeft && run <= depthLimit && !(isNarrow && !run.isMultiple(of: width))
    return isWhole ? depthLimit / run * run : depthLimit
  }

  func arguments(_ product: GeneralProduct, packing: PanelLayout?, computeUnits: Int) -> ProductArguments {
    var result = ProductArguments(
      rightRow: product.n, rightPanel: panelWidth, rightBatchStride: product.rightBatchStride, splitLength: product.k)
    if let packing {
      result.rightRow = isNarrow && !product.transposesLeft ? packing.paddedK : packing.width
      result.rightPanel = packing.paddedK * packing.width
      if product.rightBatchStride > 0 { result.rightBatchStride = packing.count }
    } else if isNarrow && !product.transposesLeft {
      result.rightRow = product.k
    }

    // Four groups for each core even out what other programs take; small products are not worth sharing.
    let work = product.batch * product.m * product.n * product.k
    let wanted = min(4 * computeUnits, max(1, work / Self.leastWork))
    let panels = isNarrow ? 1 : product.n.dividedUp(by: panelWidth)
    result.rowsPerGroup = product.m.dividedUp(by: product.m.dividedUp(by: rowLimit)).roundedUp(to: Self.blockRows)
    result.depth = depth(product)
    var groups = product.batch * product.m.dividedUp(by: result.rowsPerGroup)
    func split() {
      guard groups < wanted && product.batch == 1 && product.k >= 8 * result.depth else { return }
      let splits = min(wanted.dividedUp(by: groups), product.k / (4 * result.depth))
      result.splitLength = product.k.dividedUp(by: splits).roundedUp(to: result.depth)
      result.splits = product.k.dividedUp(by: result.splitLength)
      groups *= result.splits
    }
    // Sharing panels copies the same patches for each share. A small result is cheaper to add up.
    if product.transposesLeft && product.m * product.n <= Self.smallResult { split() }
    result.panelsPerGroup = panels.dividedUp(by: min(panels, wanted.dividedUp(by: groups)))
    groups *= panels.dividedUp(by: result.panelsPerGroup)
    if result.splits == 1 { split() }
    result.streams =
      result.splits == 1 && product.k <= result.depth && product.targetsAreRows && product.n.isMultiple(of: panelWidth)
      && product.batch * product.m * product.n > Self.cachedFloats
    if groups < wanted {
      let rows = product.m.dividedUp(by: product.m.dividedUp(by: result.rowsPerGroup) * wanted.dividedUp(by: groups))
      result.rowsPerGroup = min(result.rowsPerGroup, rows.roundedUp(to: Self.blockRows))
    }
    return result
  }
}

extension OpenCLBackend {
  func computeInPanels(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let plan = ProcessorProductPlan(product, vectorWidth: device.vectorWidth)
    let packing = plan.packing(product)
    let panels = try packing.map { try pack(right, of: product, as: $0) } ?? right
    let arguments = plan.arguments(product, packing: packing, computeUnits: device.computeUnits)
    // Splits are activated when they are added.
    let (macro, parameter) = (arguments.splits > 1 ? .identity : activation).macro
    let kernel = try runtime.kernel(
      plan.isNarrow ? .gemmCPUNarrow : .gemmCPU, plan.isNarrow ? "narrowProduct" : "product",
      macros: plan.macros(product, activation: macro))
    let groups = WorkSize(
      product.m.dividedUp(by: arguments.rowsPerGroup),
      plan.isNarrow ? 1 : product.n.dividedUp(by: plan.panelWidth).dividedUp(by: arguments.panelsPerGroup),
      product.batch * arguments.splits)
    try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
      try runtime.launch(
        kernel, global: groups, local: WorkSize(1), arguments.words(product, hasBias: bias != nil),
        .words(product.left.words), .ulong(UInt64(product.leftBatchStride)),
        .ulong(UInt64(arguments.rightBatchStride)), .ulong(UInt64(arguments.rightPanel)), .float(parameter),
        .buffer(left), .buffer(panels), .buffer(bias ?? panels), .buffer(target))
    }
  }
}
