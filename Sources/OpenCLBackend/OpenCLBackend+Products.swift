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
  var pitch = 0
  var streams = false
  var firstBlock = 0

  func words(_ product: GeneralProduct, hasBias: Bool) -> KernelArgument {
    .words([
      product.m, product.n, product.k, splits, splitLength, hasBias ? 1 : 0, rightRow, rowsPerGroup, panelsPerGroup,
      depth, pitch, streams ? 1 : 0, firstBlock,
    ])
  }
}

extension OpenCLBackend {
  /// The most multiply-adds that a launch spared makes up for.
  private static let plainWork = 4096

  /// Runs one product with the kernels of the runtime's family, as a whole or in splits added afterwards.
  func compute(
    _ product: GeneralProduct, _ left: any Storage, _ right: any Storage, bias: (any Storage)?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    guard product.batch * product.m * product.n > 0 else { return }
    try product.requireExtents()
    let (left, right, bias) = (own(left), own(right), bias.map(own))
    switch variant(of: product, byRules: variantByRules(product), candidates: { candidates(product) }) {
    case .winograd:
      // A candidate only where there is a plan.
      if runtime.family == .gpu {
        let plan = GraphicsCardWinogradPlan(product, device: device)!
        return try computeByWinogradPoints(product, plan, left, right, bias: bias, activation: activation, into: output)
      }
      let plan = WinogradPlan(product, device: device, use: .wherePossible)!
      try computeByWinograd(product, plan, left, right, bias: bias, activation: activation, into: output)
    case .winogradParts:
      let plan = partsPlan(product, use: .wherePossible)!
      try computeByWinogradParts(product, plan, left, right, bias: bias, activation: activation, into: output)
    case .plain:
      try computePlainly(product, left, right, bias: bias, activation: activation, into: output)
    case .fewRows:
      try computeFewRows(product, left, right, bias: bias, activation: activation, into: output)
    case .lines:
      // A candidate only where there is a plan.
      try computeByLines(product, linesPlan(product)!, left, right, bias: bias, activation: activation, into: output)
    case .panels, .joinedPhases:
      // No single product is a candidate for joining.
      try computeInPanels(product, left, right, bias: bias, activation: activation, into: output)
    case .tile(let name):
      try computeInTiles(product, name, left, right, bias: bias, activation: activation, into: output)
    case .clblast:
      try computeByCLBlast(product, left, right, bias: bias, activation: activation, into: output)
    }
  }

  /// How to compute all phases of an input gradient together, or nil if each is better computed by itself.
  func joinedPhases(
    _ convolution: Convolution, _ phases: [InputGradientPhase], _ products: [GeneralProduct]
  ) -> JoinedPhasesPlan? {
    guard runtime.family == .cpu, convolution.inputCount > 0,
      let plan = JoinedPhasesPlan(convolution, phases, device: device)
    else { return nil }
    // Filtering saves more, and products of few rows do not copy their filters.
    let byRules = products.contains { variantByRules($0) == .panels } ? .joinedPhases : variantByRules(products[0])
    let chosen = variant(of: products[0], byRules: byRules) { candidates(products[0]) + [.joinedPhases] }
    return chosen == .joinedPhases ? plan : nil
  }

  /// The way that comes with the backend, found by measuring on one device of each family.
  private func variantByRules(_ product: GeneralProduct) -> ProductVariant {
    switch runtime.family {
    case .cpu:
      let use = runtime.configuration.winograd, plan = WinogradPlan(product, device: device, use: use)
      if use != .wherePossible || plan == nil, let parts = partsPlan(product, use: use),
        use == .inParts || parts.saves(more: plan, product)
      {
        return .winogradParts
      }
      if plan != nil { return .winograd }
      if linesPlan(product) != nil { return .lines }
      if goesPlainly(product) { return .plain }
      return FewRowsPlan.serves(product) ? .fewRows : .panels
    case .gpu:
      let tile = GraphicsCardProductPlan.byRules(product, device: device), use = runtime.configuration.winograd
      if use != .never, let plan = GraphicsCardWinogradPlan(product, device: device),
        use == .wherePossible || plan.isFaster(than: tile, on: device)
      {
        return .winograd
      }
      return .tile(tile.tile.name)
    }
  }

  private func partsPlan(_ product: GeneralProduct, use: OpenCLConfiguration.WinogradUse) -> WinogradPartsPlan? {
    WinogradPartsPlan(product, device: device, use: use, cachedFloats: runtime.configuration.cachedFloats)
  }

  /// How to leave the product's patches in lines of the image, if that can be.
  func linesPlan(_ product: GeneralProduct) -> LinesPlan? {
    guard runtime.family == .cpu else { return nil }
    return LinesPlan(product, device: device, cachedFloats: runtime.configuration.cachedFloats)
  }

  /// Whether the product is one of plain matrices that is done in the time of a launch.
  private func goesPlainly(_ product: GeneralProduct) -> Bool {
    if case .phase = product.right { return false }
    return runtime.family == .cpu && product.batch == 1 && product.left.isMatrix
      && product.m * product.n * max(1, product.k) <= Self.plainWork
  }

  /// All ways that can compute a product on this device.
  private func candidates(_ product: GeneralProduct) -> [ProductVariant] {
    var result = [ProductVariant]()
    switch runtime.family {
    case .cpu:
      result.append(.panels)
      if FewRowsPlan.serves(product) { result.append(.fewRows) }
      if linesPlan(product) != nil { result.append(.lines) }
      if goesPlainly(product) { result.append(.plain) }
      if runtime.configuration.winograd != .never {
        if WinogradPlan(product, device: device, use: .wherePossible) != nil { result.append(.winograd) }
        if partsPlan(product, use: .wherePossible) != nil { result.append(.winogradParts) }
      }
    case .gpu:
      result += GraphicsCardProductPlan.Tile.all.filter { $0.fits(device) }.map { .tile($0.name) }
      if runtime.configuration.winograd != .never, GraphicsCardWinogradPlan(product, device: device) != nil {
        result.append(.winograd)
      }
    }
    if isForCLBlast(product) { result.append(.clblast) }
    return result
  }

  private func computePlainly(
    _ product: GeneralProduct, _ left: OpenCLStorage, _ right: OpenCLStorage, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let (macro, parameter) = activation.macro
    let kernel = try runtime.kernel(
      .gemmPanels, "plainProduct", defines: ["WIDTH": runtime.flatWidth, "ACTIVATION": macro, "NARROW": 1])
    var strides = product.transposesLeft ? [1, product.m] : [product.k, 1]
    if case .columns = product.right { strides += [1, product.k] } else { strides += [product.n, 1] }
    let arguments = ProductArguments(rightRow: product.n, rightBatchStride: 0, splitLength: product.k)
    try runtime.launchShared(
      kernel, units: product.m * product.n, cost: 2 * product.k,
      [arguments.words(product, hasBias: bias != nil)] + strides.map { .int($0) }
        + [.float(parameter), .buffer(left), .buffer(right), .buffer(bias ?? right), .buffer(output)])
  }

  /// The right operand copied into panels.
  func pack(_ right: OpenCLStorage, of product: GeneralProduct, as layout: PanelLayout) throws -> OpenCLStorage {
    let batch = product.rightBatchStride == 0 ? 1 : product.batch
    let packed = runtime.allocate(count: batch * layout.count)
    // The program of most sums of splits.
    let kernel = try runtime.kernel(
      .gemmPanels, "packPanels",
      defines: [
        "WIDTH": runtime.flatWidth, "ACTIVATION": Activation.identity.macro.name,
        needsWideIndices(packed.count) ? "WIDE" : "NARROW": 1,
      ])
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
    let parts = runtime.allocate(count: arguments.splits * product.m * product.n)
    try launch(parts)
    try addSplits(parts, product, arguments, bias: bias, activation: activation, into: output)
  }

  /// Adds `parts`, one for each split, and the bias, and applies the activation.
  func addSplits(
    _ parts: OpenCLStorage, _ product: GeneralProduct, _ arguments: ProductArguments, bias: OpenCLStorage?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let count = product.m * product.n
    let (macro, parameter) = activation.macro
    let isFlat = bias == nil && product.targetsAreRows
    if product.isAddedUpLater, isFlat, activation == .identity, runtime.family == .gpu {
      return addUpLater(PendingSum(parts: parts, length: arguments.splits, sum: output))
    }
    if isFlat, activation == .identity, runtime.family == .gpu, arguments.splits > 16 {
      // Few results of many splits: one item for each would leave the card idle.
      return try foldInGroups(.sum, parts, outer: 1, length: arguments.splits, inner: count, isLast: true) { _ in output }
    }
    // Vectors of rows must not reach into the next; those of a card begin at multiples of their size in every split.
    let length = !isFlat ? product.n : runtime.family == .gpu ? count : runtime.flatWidth
    let width = length.isMultiple(of: runtime.flatWidth) ? runtime.flatWidth : 1
    let kernel = try runtime.kernel(
      .gemmPanels, "sumSplits",
      defines: ["WIDTH": width, "ACTIVATION": macro, needsWideIndices(parts.count) ? "WIDE" : "NARROW": 1])
    try runtime.launchShared(
      kernel, units: count.dividedUp(by: width), cost: (arguments.splits + 1) * width,
      arguments.words(product, hasBias: bias != nil), .words(product.left.words), .int(isFlat ? 1 : 0),
      .float(parameter), .buffer(parts), .buffer(bias ?? parts), .buffer(output))
  }
}
