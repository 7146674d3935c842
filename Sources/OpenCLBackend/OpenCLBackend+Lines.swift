import Backends

/// How products with the patches of images of few channels are computed on processors: see `gemm_cpu_lines.cl`.
struct LinesPlan {
  /// Channels beyond which patches are long enough to be copied.
  private static let mostChannels = 4
  /// Features whose sums, a panel wide, stay in a core's caches.
  private static let mostFeatures = 400
  /// Positions that make a row worth its lines.
  private static let leastPositions = 8

  let packing: PanelLayout?
  let arguments: ProductArguments
  let groups: WorkSize
  private let specialization: [Macro]

  /// Nil if the product has other operands.
  init?(_ product: GeneralProduct, device: OpenCLDevice, cachedFloats: Int) {
    let left = product.left
    guard product.batch == 1, left.taps.product > 1, left.tapStep[2] == 1, left.rows[2] >= Self.leastPositions else {
      return nil
    }
    let general = ProcessorProductPlan(
      product, device: device,
      // Pixels side by side share what they see of a line: many rows are worth more than wide ones.
      block: device.registerBlock(columns: product.n, mostVectors: 2), cachedFloats: cachedFloats)
    let width = general.width, panelWidth = general.panelWidth
    let tapLines = left.taps[0] * left.taps[1], run = left.taps[2] * left.channels
    guard
      general.isNarrow
        ? !product.transposesLeft && run.isMultiple(of: width)
        : left.channels <= Self.mostChannels && left.features <= Self.mostFeatures && product.n >= width
    else { return nil }
    let length = left.rows[2], lines = (product.transposesLeft ? product.k : product.m) / length
    // A block of pixels, or of features.
    let most = general.isNarrow ? device.productRows / 2 / product.n + 2 : device.productRows
    let rows = product.transposesLeft ? 1 : length.dividedUp(by: length.dividedUp(by: most))
    let seen = (length.roundedUp(to: rows) - 1) * left.step[2] + left.taps[2]
    let pitch = (seen * left.channels).roundedUp(to: 16) + 16
    guard tapLines * pitch <= ProcessorProductPlan.tileFloats else { return nil }
    var specialization = [
      Macro("WIDTH", width), Macro("VECTORS", max(1, panelWidth / width)),
      Macro("STEP", left.step[2] * left.channels), Macro("RUN", run), Macro("TILE", tapLines * pitch + 16),
      Macro("ROWS", rows),
    ]

    let units = product.units(of: device), panels = product.n.dividedUp(by: panelWidth)
    if product.transposesLeft {
      guard case .rows = product.right, product.n.isMultiple(of: width) else { return nil }
      let blockRun = run.dividedUp(by: run.dividedUp(by: most))
      let blockLines = blockRun == run ? (1...most / run).last { tapLines.isMultiple(of: $0) }! : 1
      specialization += [
        Macro("BLOCK_RUN", blockRun), Macro("BLOCK_LINES", blockLines), Macro("TAP_LINES", tapLines),
      ]
      packing = nil
      var arguments = ProductArguments(rightRow: product.n, rightBatchStride: 0, splitLength: product.k)
      arguments.rowsPerGroup = lines.dividedUp(by: units == 1 ? 1 : (4 * units).dividedUp(by: panels))
      arguments.splits = lines.dividedUp(by: arguments.rowsPerGroup)
      arguments.pitch = pitch
      self.arguments = arguments
      groups = WorkSize(arguments.splits, panels)
    } else {
      packing = general.packing(product)
      var arguments = general.arguments(product, packing: packing, device: device)
      (arguments.splits, arguments.panelsPerGroup, arguments.pitch) = (1, panels, pitch)
      arguments.rowsPerGroup = lines.dividedUp(by: units == 1 ? 1 : min(lines, 16 * units))
      if general.isNarrow {
        specialization += [Macro("COLUMNS", product.n), Macro("LENGTH", length.roundedUp(to: width))]
      }
      self.arguments = arguments
      groups = WorkSize(lines.dividedUp(by: arguments.rowsPerGroup), 1)
    }
    self.specialization = specialization
  }

  func macros(activation: String) -> [Macro] { specialization + [Macro("ACTIVATION", activation)] }
}

extension OpenCLBackend {
  func computeByLines(
    _ product: GeneralProduct, _ plan: LinesPlan, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let arguments = plan.arguments
    if product.transposesLeft {
      precondition(bias == nil && activation == .identity, "filter gradients have no bias and no activation")
      let kernel = try runtime.kernel(
        .gemmCPULines, "linesGradient", macros: plan.macros(activation: Activation.identity.macro.name))
      return try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
        try runtime.launch(
          kernel, global: plan.groups, local: WorkSize(1), arguments.words(product, hasBias: false),
          .words(product.left.words), .buffer(left), .buffer(right), .buffer(target))
      }
    }
    let panels = try plan.packing.map { try pack(right, of: product, as: $0) } ?? right
    let (macro, parameter) = activation.macro
    if product.n <= 4 {
      let kernel = try runtime.kernel(.gemmCPULines, "linesNarrowProduct", macros: plan.macros(activation: macro))
      return try runtime.launch(
        kernel, global: plan.groups, local: WorkSize(1), arguments.words(product, hasBias: bias != nil),
        .words(product.left.words), .float(parameter), .buffer(left), .buffer(panels), .buffer(bias ?? panels),
        .buffer(output))
    }
    let kernel = try runtime.kernel(.gemmCPULines, "linesProduct", macros: plan.macros(activation: macro))
    try runtime.launch(
      kernel, global: plan.groups, local: WorkSize(1), arguments.words(product, hasBias: bias != nil),
      .words(product.left.words), .ulong(UInt64(arguments.rightPanel)), .float(parameter), .buffer(left),
      .buffer(panels), .buffer(bias ?? panels), .buffer(output))
  }
}
