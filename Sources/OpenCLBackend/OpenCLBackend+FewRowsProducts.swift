import Backends

/// How a product of few rows with a large matrix is shared on processors: see `gemm_cpu_rows.cl`.
struct FewRowsPlan {
  static let rowLimit = 128
  /// Vectors of columns and values of k that a work-item's tile holds. With the patches and the sums it takes 330 KiB of
  /// private memory: wide blocks, because each copies the same patches.
  private static let blockVectors = 16
  static let depth = 128

  let width: Int
  /// Those of a panel.
  let vectors: Int
  var panelWidth: Int { vectors * width }
  var blockPanels: Int { Self.blockVectors / vectors }
  var arguments: ProductArguments
  let groups: WorkSize

  /// Whether rows are so few that packing the right operand would cost more than it saves.
  static func serves(_ product: GeneralProduct) -> Bool {
    if case .phase(_, _, let channels) = product.right, !channels.isMultiple(of: 16) { return false }
    return product.batch == 1 && product.m <= rowLimit && product.n >= 32 && product.k >= 32 && !product.transposesLeft
  }

  init(_ product: GeneralProduct, device: OpenCLDevice) {
    width = device.productWidth
    arguments = ProductArguments(rightRow: 0, rightBatchStride: 0, splitLength: product.k)
    let units = product.units(of: device)
    // The sum over k is shared before the columns are.
    let mostSplits = max(1, product.k / (4 * Self.depth))
    // Wide panels are too few to share evenly if there are not several for each unit.
    let wide = device.registerBlock(columns: product.n).vectors, widePanels = product.n.dividedUp(by: wide * width)
    let isEven = units == 1 || widePanels * mostSplits >= 4 * units || (widePanels * mostSplits).isMultiple(of: units)
    vectors = isEven ? wide : 2
    let panels = product.n.dividedUp(by: vectors * width)
    let most = min(Self.blockVectors / vectors, panels.dividedUp(by: units.dividedUp(by: mostSplits)))
    arguments.panelsPerGroup = panels.dividedUp(by: panels.dividedUp(by: most))
    let blocks = panels.dividedUp(by: arguments.panelsPerGroup)
    let passes = product.k.dividedUp(by: Self.depth)
    let splits = parts(of: passes, groups: blocks, computeUnits: units, most: min(4 * units, mostSplits), cost: 1)
    arguments.splitLength = passes.dividedUp(by: splits) * Self.depth
    arguments.splits = product.k.dividedUp(by: arguments.splitLength)
    groups = WorkSize(blocks, 1, arguments.splits)
  }
}

extension OpenCLBackend {
  func computeFewRows(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let plan = FewRowsPlan(product, device: device)
    let (macro, parameter) = (plan.arguments.splits > 1 ? .identity : activation).macro
    let macros = [
      Macro("WIDTH", plan.width), Macro("DEPTH", FewRowsPlan.depth), Macro("ROW_LIMIT", FewRowsPlan.rowLimit),
      Macro("BLOCK_PANELS", plan.blockPanels), Macro("VECTORS", plan.vectors), Macro("ACTIVATION", macro),
    ]
    let layout = PanelLayout(width: plan.panelWidth, of: product.n, k: product.k)
    let kernel = try runtime.kernel(.gemmCPURows, "fewRowsProduct", macros: macros)
    try launchInSplits(product, plan.arguments, bias: bias, activation: activation, into: output) { target in
      try runtime.launch(
        kernel, global: plan.groups, local: WorkSize(1), plan.arguments.words(product, hasBias: bias != nil),
        .words(product.left.words), .words(layout.words(product, batch: 1)), .float(parameter), .buffer(left),
        .buffer(right), .buffer(bias ?? right), .buffer(target))
    }
  }
}
