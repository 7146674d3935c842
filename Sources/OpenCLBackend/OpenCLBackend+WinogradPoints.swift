import Backends

/// How a convolution or a gradient of one is computed on graphics cards by Winograd's filtering: see `winograd_gpu.cl`.
struct GraphicsCardWinogradPlan {
  /// Rows and columns of a group, the values of k that it takes at a time, and its items: one for each element of these.
  static let block = 32
  static let depth = 8
  static let items = block * depth
  private static let points = 16
  /// Bytes of local memory that a group takes.
  fileprivate static let localMemory = 4 * 2 * points * depth * (block + 4)
  /// Multiply-adds among the instructions of its loop, as NVIDIA's compiler writes them, and groups that a multiprocessor has at
  /// a time (one on the oldest, of 2018, where this is a sixth too little).
  private static let share = 0.55
  private static let resident = 2

  private let geometry: WinogradGeometry
  /// Of the products of points.
  private let rows: Int
  private let k: Int
  let splits: CardSplits
  /// What it is expected to take, in clock cycles.
  let cycles: Double

  /// Nil if it cannot be computed so.
  init?(_ product: GeneralProduct, device: OpenCLDevice) {
    let left = product.left
    guard product.batch == 1 || product.joinsPhases, product.featuresOfPhases == nil, product.isPlanar, product.k > 0,
      device.hasRoomForWinograd,
      let geometry = WinogradGeometry(left, positions: product.transposesLeft ? product.k : product.m), geometry.count > 0
    else { return nil }
    self.geometry = geometry
    (rows, k) = product.transposesLeft ? (geometry.k, geometry.count) : (geometry.count, geometry.k)
    let groups = product.batch * rows.dividedUp(by: Self.block) * product.n.dividedUp(by: Self.block)
    func cycles(_ splits: CardSplits) -> Double {
      CardTime(
        groups: groups * splits.count, steps: splits.length.dividedUp(by: Self.depth),
        multiplyAddsOfStep: Self.points * Self.block * Self.block * Self.depth, share: Self.share,
        resident: Self.resident, added: splits.added(of: product.m * product.n)
      ).cycles(on: device)
    }
    let whole = CardSplits(of: k, count: 1, step: Self.depth)
    let tried =
      product.transposesLeft
      ? CardSplits.worthTrying(of: k, terms: geometry.outputs * geometry.outputs, step: Self.depth) : [whole]
    splits = tried.min { cycles($0) < cycles($1) }!
    self.cycles = cycles(splits)
  }

  /// By so much that an estimate's error does not matter.
  func isFaster(than plan: GraphicsCardProductPlan, on device: OpenCLDevice) -> Bool {
    device.isKnownForWinograd && cycles < 0.8 * plan.cycles
  }

  /// Of the products of points.
  func multiplyAdds(_ product: GeneralProduct) -> Int { product.batch * Self.points * rows * k * product.n }

  var blocks: Int { rows.dividedUp(by: Self.block) }

  /// The structure `Tiles` of `winograd_gpu.cl`, in the order of its fields.
  func words(channels: Int) -> [Int] {
    [rows, k, geometry.tiles[1], geometry.tiles[0]] + Divisor.words([geometry.tiles[1], geometry.tiles[0], channels])
  }

  /// - Parameter largestOperand: Its elements.
  func macros(_ product: GeneralProduct, activation: String, largestOperand: Int) -> [Macro] {
    var macros = [
      Macro("ACTIVATION", activation), Macro("BLOCK", Self.block), Macro("DEPTH", Self.depth), Macro("TAPS", 5 - geometry.outputs),
      Macro("STEP", geometry.phases), Macro("PLANAR", 1),
    ]
    if product.transposesLeft { macros.append(Macro("LEFT_TRANSPOSED", 1)) }
    if case .phase = product.right { macros.append(Macro("FILTER", 1)) }
    if product.joinsPhases { macros.append(Macro("PHASES", 1)) }
    macros.append(Macro(needsWideIndices(2 * largestOperand) ? "WIDE" : "NARROW", 1))
    return macros
  }
}

extension OpenCLDevice {
  /// Whether the kernel of cards can run on it. (Mesa's rusticl has too little local memory.)
  var hasRoomForWinograd: Bool {
    GraphicsCardWinogradPlan.items <= maximumWorkGroupSize && GraphicsCardWinogradPlan.localMemory <= localMemory
  }

  /// Whether the estimate holds of it as a card. Intel's await loads when they have begun sixteen, and of AMD's machine code a
  /// third are multiply-adds: there Winograd's filtering is chosen if it is measured to be faster.
  var isKnownForWinograd: Bool { vendor.contains("NVIDIA") }
}

extension OpenCLBackend {
  func computeByWinogradPoints(
    _ product: GeneralProduct, _ plan: GraphicsCardWinogradPlan, _ left: OpenCLStorage, _ right: OpenCLStorage,
    bias: OpenCLStorage?, activation: Activation, into output: OpenCLStorage
  ) throws {
    let (macro, parameter) = (plan.splits.count > 1 ? .identity : activation).macro
    let kernel = try runtime.kernel(
      .winogradGPU, "winogradPoints",
      macros: plan.macros(product, activation: macro, largestOperand: max(left.count, right.count)))
    if kernel.maximumWorkGroupSize < GraphicsCardWinogradPlan.items {
      // The compiler took more registers than so many items have.
      let tile = GraphicsCardProductPlan.byRules(product, device: device).tile
      return try computeInTiles(product, tile.name, left, right, bias: bias, activation: activation, into: output)
    }
    var arguments = ProductArguments(
      rightRow: 0, rightBatchStride: 0, splits: plan.splits.count, splitLength: plan.splits.length)
    let columns = product.n.dividedUp(by: GraphicsCardWinogradPlan.block)
    try launchInSplits(product, arguments, bias: bias, activation: activation, into: output) { target in
      try launchBlocks(plan.blocks, cycles: plan.cycles) { first, count in
        arguments.firstBlock = first
        try runtime.launch(
          kernel,
          global: WorkSize(columns * GraphicsCardWinogradPlan.items, count, product.batch * plan.splits.count),
          local: WorkSize(GraphicsCardWinogradPlan.items), multiplyAdds: plan.multiplyAdds(product) * count / plan.blocks,
          arguments.words(product, hasBias: bias != nil), .words(product.left.words),
          .words(plan.words(channels: product.left.channels)), .words(product.filter), .float(parameter), .buffer(left),
          .buffer(right), .buffer(bias ?? right), .buffer(target))
      }
    }
  }
}
