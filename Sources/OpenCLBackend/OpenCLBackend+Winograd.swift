import Backends

extension OpenCLBackend {
  /// A convolution, an input gradient's phase or a filter gradient, as `plan` says.
  func computeByWinograd(
    _ product: GeneralProduct, _ plan: WinogradPlan, _ left: OpenCLStorage, _ right: OpenCLStorage,
    bias: OpenCLStorage?, activation: Activation, into output: OpenCLStorage
  ) throws {
    let scratch = runtime.allocate(count: plan.groups.x * plan.groups.y * plan.scratch)
    var arguments = ProductArguments(rightRow: 0, rightBatchStride: 0, splitLength: product.k)
    arguments.splits = plan.splits
    let words = arguments.words(product, hasBias: bias != nil)
    guard !product.transposesLeft else {
      let parts = runtime.allocate(count: plan.splits * WinogradPlan.points * plan.geometry.k * product.n)
      let kernel = try runtime.kernel(
        .winogradGradient, "winogradFilterGradient", macros: plan.blockMacros + [("BLOCK", "\(WinogradPlan.block)")])
      try runtime.launch(
        kernel, global: plan.groups, local: WorkSize(1), words, .words(product.left.words), .words(plan.words),
        .ulong(UInt64(plan.scratch)), .buffer(left), .buffer(right), .buffer(scratch), .buffer(parts))
      return try launchFilters("sumFilterGradient", product, plan, vectors: product.n / plan.width, parts, output)
    }

    let panels = product.n.dividedUp(by: plan.panelWidth)
    let filter = runtime.allocate(count: WinogradPlan.points * plan.geometry.k * panels * plan.panelWidth)
    try launchFilters(
      "transformFilter", product, plan, vectors: panels * plan.panelWidth / plan.width, right, filter)
    let (macro, parameter) = activation.macro
    let kernel = try runtime.kernel(
      .winogradProduct, "winogradProduct", macros: plan.blockMacros + [("ACTIVATION", macro)])
    try runtime.launch(
      kernel, global: plan.groups, local: WorkSize(1), words, .words(product.left.words), .words(plan.words),
      .ulong(UInt64(plan.scratch)), .float(parameter), .buffer(left), .buffer(filter), .buffer(bias ?? filter),
      .buffer(scratch), .buffer(output))
  }

  private func launchFilters(
    _ name: String, _ product: GeneralProduct, _ plan: WinogradPlan, vectors: Int, _ source: OpenCLStorage,
    _ output: OpenCLStorage
  ) throws {
    let largest = max(source.count, output.count)
    let kernel = try runtime.kernel(
      .winogradFilter, name, macros: plan.macros + [(needsWideIndices(largest) ? "WIDE" : "NARROW", "1")])
    try runtime.launchShared(
      kernel, units: plan.geometry.k * vectors, cost: 4 * WinogradPlan.points * plan.width,
      .words(plan.filterWords(product)), .buffer(source), .buffer(output))
  }
}
