import Backends

/// The structure of `gemm.cl` and its batch strides: what a kernel is launched with.
struct ProductArguments {
  var rightRow: Int
  var rightPanel = 0
  var rightBatchStride: Int
  var splits = 1
  var splitLength: Int
  var rowsPerGroup = 0
  var panelsPerGroup = 0
  var depth = 0
  var streams = false

  func words(_ product: GeneralProduct, hasBias: Bool) -> KernelArgument {
    .words(
      [
        product.m, product.n, product.k, splits, splitLength, hasBias ? 1 : 0, rightRow, rowsPerGroup, panelsPerGroup,
        depth, streams ? 1 : 0,
      ].map(Int32.init))
  }
}

extension OpenCLBackend {
  /// Runs one product with the kernels of the runtime's family, as a whole or in splits added afterwards.
  func compute(
    _ product: GeneralProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    guard product.batch * product.m * product.n > 0 else { return }
    precondition(
      max(product.m, product.n, product.k) < Int(Int32.max) - 1024,
      "a matrix product of \(product.m) × \(product.n) × \(product.k) has a dimension beyond 2³¹")
    switch runtime.family {
    case .cpu:
      try computeOnProcessor(product, own(left), own(right), bias: bias.map(own), activation: activation, into: output)
    case .gpu:
      try computeOnGraphicsCard(product, own(left), own(right), bias: bias.map(own), activation: activation, into: output)
    }
  }

  /// The right operand copied into panels.
  func pack(_ right: OpenCLStorage, of product: GeneralProduct, as layout: PanelLayout) throws -> OpenCLStorage {
    let batch = product.rightBatchStride == 0 ? 1 : product.batch
    let packed = runtime.allocate(count: batch * layout.count)
    let kernel = try runtime.kernel(
      .gemmPanels, "packPanels", defines: [needsWideIndices(packed.count) ? "WIDE" : "NARROW": 1])
    try runtime.launchShared(
      kernel, units: batch * layout.panels * layout.paddedK, cost: 4 * layout.width,
      .words(layout.words(product, batch: batch)), .ulong(UInt64(product.rightBatchStride)), .buffer(right),
      .buffer(packed))
    return packed
  }

  /// Launches with `arguments` through `launch`, which gets where to write; adds up the splits, if any.
  func launchInSplits(
    _ product: GeneralProduct, _ arguments: ProductArguments, bias: OpenCLStorage?, activation: Activation,
    into output: OpenCLStorage, _ launch: (OpenCLStorage) throws -> Void
  ) throws {
    guard arguments.splits > 1 else { return try launch(output) }
    let count = product.m * product.n
    let parts = runtime.allocate(count: arguments.splits * count)
    try launch(parts)
    let (macro, parameter) = activation.macro
    let isFlat = bias == nil && product.targetsAreRows
    let width = isFlat ? runtime.flatWidth : 1
    let kernel = try runtime.kernel(
      .gemmPanels, "sumSplits",
      defines: ["WIDTH": width, "ACTIVATION": macro, needsWideIndices(parts.count) ? "WIDE" : "NARROW": 1])
    try runtime.launchShared(
      kernel, units: count.dividedUp(by: width), cost: (arguments.splits + 1) * width,
      arguments.words(product, hasBias: bias != nil), .words(product.left.words), .float(parameter), .buffer(parts),
      .buffer(bias ?? parts), .buffer(output))
  }
}
