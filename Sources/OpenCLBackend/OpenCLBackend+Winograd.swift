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

    let panels = product.n.dividedUp(by: plan.panelWidth)
    let filter = runtime.allocate(count: WinogradPlan.points * plan.geometry.k * panels * plan.panelWidth)
    try runtime.launchShared(
      kernel("transformFilter", right, filter), units: filter.count / (WinogradPlan.points * plan.width),
      cost: 4 * WinogradPlan.points * plan.width, .words(plan.filterWords(product)), .buffer(right), .buffer(filter))
    try runtime.launchInBlocks(
      kernel("winogradProduct"), plan.blocks, words, .words(product.left.words),
      .words(plan.words), .ulong(UInt64(plan.scratch)), .float(parameter), .buffer(left), .buffer(filter),
      .buffer(bias ?? filter), .buffer(scratch), .buffer(output))
  }
}
