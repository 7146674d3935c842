import Backends

extension OpenCLBackend {
  /// A convolution, an input gradient's phase or a filter gradient, as `plan` says.
  func computeByWinograd(
    _ product: GeneralProduct, _ plan: WinogradPlan, _ left: OpenCLStorage, _ right: OpenCLStorage,
    bias: OpenCLStorage?, activation: Activation, into output: OpenCLStorage
  ) throws {
    let scratch = runtime.allocate(count: runtime.groups(taking: plan.blocks) * plan.scratch)
    var arguments = ProductArguments(rightRow: 0, rightBatchStride: 0, splitLength: product.k)
    arguments.splits = plan.splits
    let words = arguments.words(product, hasBias: bias != nil)
    let (macro, parameter) = activation.macro
    // One program for all kernels of a product.
    func kernel(_ name: String, _ operands: OpenCLStorage...) throws -> OpenCLKernel {
      let largest = operands.map(\.count).max() ?? 0
      return try runtime.kernel(.winograd, name, macros: plan.macros(activation: macro, count: largest))
    }
    guard !product.transposesLeft else {
      return try launchInSplits(product, arguments, bias: nil, activation: .identity, into: output) { target in
        try runtime.launchInBlocks(
          kernel("winogradFilterGradient"), plan.blocks, words, .words(product.left.words),
          .words(plan.words), .ulong(UInt64(plan.scratch)), .buffer(left), .buffer(right), .buffer(scratch),
          .buffer(target))
      }
    }

    let geometry = plan.geometry
    let transformation = WinogradFilter(
      product, k: geometry.k, phases: geometry.phases, step: [1, geometry.phases, geometry.phases],
      points: WinogradPlan.points, panelWidth: plan.panelWidth)
    let filter = runtime.allocate(count: transformation.count)
    try runtime.launchShared(
      kernel("transformFilter", right, filter), units: filter.count / (WinogradPlan.points * plan.width),
      cost: 4 * WinogradPlan.points * plan.width, .words(transformation.words), .buffer(right), .buffer(filter))
    try runtime.launchInBlocks(
      kernel("winogradProduct"), plan.blocks, words, .words(product.left.words),
      .words(plan.words), .ulong(UInt64(plan.scratch)), .float(parameter), .buffer(left), .buffer(filter),
      .buffer(bias ?? filter), .buffer(scratch), .buffer(output))
  }

  /// The same, in parts of k.
  func computeByWinogradParts(
    _ product: GeneralProduct, _ plan: WinogradPartsPlan, _ left: OpenCLStorage, _ right: OpenCLStorage,
    bias: OpenCLStorage?, activation: Activation, into output: OpenCLStorage
  ) throws {
    let channels = product.left.channels, cost = 4 * plan.points
    let (macro, parameter) = activation.macro
    let macros = plan.macros(activation: macro, count: max(left.count, right.count, output.count))
    func kernel(_ name: String) throws -> OpenCLKernel { try runtime.kernel(.winogradParts, name, macros: macros) }
    let arguments = ProductArguments(rightRow: 0, rightBatchStride: 0, splitLength: product.k)
      .words(product, hasBias: bias != nil)
    let patches = KernelArgument.words(product.left.words), layout = KernelArgument.words([plan.slice, plan.pitch])
    let tiles = runtime.allocate(count: plan.tileCount)
    func transformFilter(_ part: WinogradPartsPlan.Range) throws -> OpenCLStorage {
      let transformation = WinogradFilter(
        product, firstSlab: part.first, k: part.count * channels, phases: plan.phases,
        step: SIMD3(repeating: plan.phases), points: plan.points, panelWidth: plan.panelWidth)
      let filter = runtime.allocate(count: transformation.count)
      try runtime.launchShared(
        kernel("transformFilter"), units: filter.count / (plan.points * plan.width), cost: cost * plan.width,
        .words(transformation.words), .buffer(right), .buffer(filter))
      return filter
    }
    // Of several parts each is transformed anew for the next tiles: all of them would need too much memory.
    let onlyPart = try product.transposesLeft || plan.parts.count > 1 ? nil : transformFilter(plan.parts[0])

    for chunk in plan.chunks {
      let group = plan.tilesPerGroup(chunk, computeUnits: device.computeUnits)
      func words(_ part: WinogradPartsPlan.Range) -> KernelArgument {
        .words(plan.words(chunk, part, tilesPerGroup: group, n: product.n))
      }
      func transformTiles(_ part: WinogradPartsPlan.Range) throws {
        try runtime.launchShared(
          kernel("transformTiles"), units: chunk.count * part.count, cost: cost * channels, patches, words(part), layout,
          .buffer(left), .buffer(tiles))
      }
      if product.transposesLeft {
        let slice = plan.columnSlice(product.n), gradients = runtime.allocate(count: plan.gradientCount(product.n))
        try runtime.launchShared(
          kernel("transformGradients"), units: chunk.count, cost: cost * product.n, arguments, patches,
          words(plan.parts[0]), .words([slice, slice]), .buffer(right), .buffer(gradients))
        for part in plan.parts {
          try transformTiles(part)
          let blocks = WorkSize((part.count * channels).dividedUp(by: plan.slice), product.n.dividedUp(by: slice))
          let each = plan.points * (plan.slice * slice + 16)
          let scratch = runtime.allocate(count: runtime.groups(taking: blocks) * each)
          try runtime.launchInBlocks(
            kernel("tilesFilterGradient"), blocks, arguments, patches, words(part), .ulong(UInt64(each)),
            .buffer(tiles), .buffer(gradients), .buffer(scratch), .buffer(output))
        }
      } else {
        let blocks = WorkSize(chunk.count.dividedUp(by: group), plan.panels)
        let products = runtime.allocate(count: blocks.x * blocks.y * plan.points * (group * plan.panelWidth + 16))
        for part in plan.parts {
          let filter = try onlyPart ?? transformFilter(part)
          try transformTiles(part)
          try runtime.launchInBlocks(
            kernel("tilesProduct"), blocks, arguments, patches, words(part), layout, .float(parameter), .buffer(tiles),
            .buffer(filter), .buffer(bias ?? filter), .buffer(products), .buffer(output))
        }
      }
    }
  }
}
