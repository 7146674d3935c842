import Backends

/// How all phases of an input gradient are computed together on processors: see `gemm_cpu_phases.cl`.
struct JoinedPhasesPlan {
  /// Phases of an axis that the kernel has room for.
  private static let mostPhases = 4
  /// What lines of the tile hold at the most: programs are compiled for few lengths.
  private static let depths = [256, 576, 1152]

  /// The positions, of which each stands for a pixel of every phase, and what all phases see from there.
  let product: GeneralProduct
  /// The whole filter in its own order, as it is copied into panels.
  let filter: GeneralProduct
  let width: Int
  let panelWidth: Int
  let packing: PanelLayout
  let arguments: ProductArguments
  let blocks: WorkSize
  private let depth: Int
  private let rowLimit: Int
  private let blockRows: Int
  /// The structure `Phases` of `gemm_cpu_phases.cl`, in the order of its fields.
  let phaseWords: [Int]

  /// Nil if there is one phase only, if taps are not neighbours or if they see too much.
  init?(_ convolution: Convolution, _ phases: [InputGradientPhase], device: OpenCLDevice) {
    let windows = convolution.windows.inThreeDimensions
    let counts = (0..<3).map { min(windows.stride[$0], windows.inputSize[$0]) }
    guard phases.count > 1, counts.allSatisfy({ $0 <= Self.mostPhases }),
      phases.allSatisfy({ $0.geometry.tapStep == [1, 1, 1] })
    else { return nil }
    // Phases of one axis differ in nothing but that axis.
    let strides = [counts[1] * counts[2], counts[2], 1]
    var geometry = phases[0].geometry
    var offsets = [[Int]](), taps = [[Int]](), first = [[Int]]()
    for axis in 0..<3 {
      let axisPhases = (0..<counts[axis]).map { phases[$0 * strides[axis]] }
      let reached = axisPhases.filter { $0.geometry.taps[axis] > 0 }
      guard let low = reached.map({ $0.geometry.origin[axis] }).min(),
        let high = reached.map({ $0.geometry.origin[axis] + $0.geometry.taps[axis] }).max()
      else { return nil }
      (geometry.origin[axis], geometry.taps[axis]) = (low, high - low)
      let unused = [Int](repeating: 0, count: Self.mostPhases - counts[axis])
      offsets.append(axisPhases.map { $0.geometry.origin[axis] - low } + unused)
      taps.append(axisPhases.map { $0.geometry.taps[axis] } + unused)
      first.append(axisPhases.map { $0.firstTap[axis] } + unused)
    }
    guard let depth = Self.depths.first(where: { $0 >= geometry.features }) else { return nil }
    self.depth = depth
    let steps = (0..<3).map { axis in phases.first { $0.geometry.taps[axis] > 1 }?.tapStep[axis] ?? 1 }
    phaseWords =
      (counts + steps + windows.kernelSize + offsets.flatMap(\.self) + taps.flatMap(\.self) + first.flatMap(\.self))

    width = device.productWidth
    let block = device.registerBlock(columns: convolution.inputChannels)
    (blockRows, panelWidth) = (block.rows, block.vectors * width)
    let channels = convolution.outputChannels
    product = GeneralProduct(
      m: convolution.batch * geometry.rows.product, n: convolution.inputChannels, k: geometry.features,
      left: geometry,
      right: .phase(
        InputGradientPhase(allTaps: windows.kernelSize, channels: channels), kernelSize: windows.kernelSize,
        channels: channels))
    var filter = product
    filter.k = windows.taps * channels
    self.filter = filter
    packing = PanelLayout(width: panelWidth, of: filter.n, k: filter.k)

    let units = filter.units(of: device)
    rowLimit = min(60, ProcessorProductPlan.tileFloats / (depth + 16)) / blockRows * blockRows
    let rows = min(rowLimit, product.m.dividedUp(by: 4 * units))
    var arguments = ProductArguments(
      rightRow: panelWidth, rightPanel: packing.paddedK * panelWidth, rightBatchStride: 0, splitLength: product.k)
    arguments.rowsPerGroup =
      product.m.dividedUp(by: product.m.dividedUp(by: rows)).roundedUp(to: blockRows)
    let rowGroups = product.m.dividedUp(by: arguments.rowsPerGroup), panels = packing.panels
    arguments.panelsPerGroup = panels.dividedUp(
      by: parts(of: panels, groups: rowGroups, computeUnits: units, most: min(panels, 4 * units), cost: 1))
    self.arguments = arguments
    blocks = WorkSize(rowGroups, panels.dividedUp(by: arguments.panelsPerGroup))
  }

  func macros(activation: String) -> [Macro] {
    [
      Macro("WIDTH", width), Macro("ACTIVATION", activation), Macro("ROWS", blockRows),
      Macro("VECTORS", panelWidth / width), Macro("DEPTH", depth), Macro("ROW_LIMIT", rowLimit),
      Macro("MOST_PHASES", Self.mostPhases),
    ]
  }
}

extension OpenCLBackend {
  func computeJoined(
    _ plan: JoinedPhasesPlan, _ outputGradient: OpenCLStorage, _ filter: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into input: OpenCLStorage
  ) throws {
    try plan.product.requireExtents()
    try plan.filter.requireExtents()
    let panels = try pack(filter, of: plan.filter, as: plan.packing)
    let (macro, parameter) = activation.macro
    let kernel = try runtime.kernel(.gemmCPUPhases, "phasesProduct", macros: plan.macros(activation: macro))
    try runtime.launchInBlocks(
      kernel, plan.blocks, plan.arguments.words(plan.product, hasBias: bias != nil),
      .words(plan.product.left.words), .words(plan.phaseWords), .ulong(UInt64(plan.arguments.rightPanel)),
      .float(parameter), .buffer(outputGradient), .buffer(panels), .buffer(bias ?? panels), .buffer(input))
  }
}
