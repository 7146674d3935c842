/// Which convolutions Winograd's filtering can compute, and in how many tiles: see `winograd.cl`.
struct WinogradGeometry {
  /// Results of a tile on each axis: 2 with three taps, 3 with two.
  let outputs: Int
  /// The stride: images that height and width fall into, on each axis.
  let phases: Int
  /// Rows and columns of tiles of a slice, and all of them.
  let tiles: [Int]
  let count: Int
  /// (tap in depth, phase, channel): what the products of points are summed over.
  let k: Int

  /// Nil unless height and width have the same 2 or 3 neighbouring taps, for each phase of a stride of 1 or 2.
  init?(_ patches: PatchGeometry, positions: Int) {
    let step = patches.step[1]
    guard step == patches.step[2], step == 1 || step == 2, patches.taps[1] == patches.taps[2],
      patches.tapStep[1] == 1, patches.tapStep[2] == 1, patches.taps[1] == 2 * step || patches.taps[1] == 3 * step
    else { return nil }
    phases = step
    outputs = 5 - patches.taps[1] / step
    tiles = [patches.rows[1].dividedUp(by: outputs), patches.rows[2].dividedUp(by: outputs)]
    count = positions / (patches.rows[1] * patches.rows[2]) * tiles[0] * tiles[1]
    k = patches.taps[0] * phases * phases * patches.channels
  }

  /// How many times fewer multiplications it takes, tiles that hang over the edge counted.
  func saving(_ patches: PatchGeometry) -> Double {
    let useful = Double(patches.rows[1] * patches.rows[2]) / Double(tiles[0] * tiles[1] * outputs * outputs)
    return 2.25 * useful
  }
}

/// How a convolution or filter gradient is computed on processors by Winograd's filtering.
struct WinogradPlan {
  static let points = 16
  /// Rows and columns of a block of a filter gradient.
  static let block = 64
  /// Values of k that a work-item takes at a time.
  static let longestBlock = 256
  /// Floats of a second-level cache that the points of a block of tiles may fill.
  static let cache = 224 << 10

  let geometry: WinogradGeometry
  let width: Int
  /// Tiles of a register block.
  private let rows: Int
  let panelWidth: Int
  var blockTiles: Int
  var blockK: Int
  var tilesPerGroup = 0
  var panelsPerGroup = 0
  var splits = 1
  var groups: WorkSize
  /// Floats that each group keeps its points in.
  var scratch: Int

  /// Nil if direct computation must or should be used.
  init?(_ product: GeneralProduct, device: OpenCLDevice, use: OpenCLConfiguration.WinogradUse) {
    guard use != .never, product.batch == 1, product.k > 0 else { return nil }
    let positions = product.transposesLeft ? product.k : product.m
    guard let geometry = WinogradGeometry(product.left, positions: positions) else { return nil }
    let block = device.registerBlock(columns: product.n)
    (width, rows) = (device.productWidth, block.rows)
    panelWidth = block.vectors * width
    let channels = product.left.channels
    guard channels.isMultiple(of: 16), geometry.count > 0 else { return nil }
    if product.transposesLeft && !product.n.isMultiple(of: panelWidth) { return nil }
    if use == .whereFaster {
      // Transforming a filter costs as much as multiplying it with some sixty tiles.
      let saving = geometry.saving(product.left) * Double(geometry.count) / Double(geometry.count + 64)
      guard channels >= 32, product.n >= 32, saving >= 1.4 else { return nil }
    }
    self.geometry = geometry
    let computeUnits = device.computeUnits
    if product.transposesLeft {
      let rows = geometry.k / channels * channels.dividedUp(by: Self.block)
      let blocks = rows * product.n.dividedUp(by: Self.block)
      blockK = Self.block
      let sums = Self.points * (Self.block * Self.block + 16)
      blockTiles = max(8, (Self.cache - sums) / (2 * Self.points * (Self.block + 16)))
      // The sums of a part are written, read and added in the time of some thirty tiles.
      splits = parts(
        of: geometry.count, groups: blocks, computeUnits: computeUnits,
        most: min(4 * computeUnits, geometry.count / (2 * blockTiles)), cost: 32)
      groups = WorkSize(min(computeUnits, blocks * splits))
      let tiles = geometry.count.dividedUp(by: splits)
      blockTiles = tiles.dividedUp(by: tiles.dividedUp(by: blockTiles))
      scratch = 16 + 2 * Self.points * (blockTiles * (Self.block + 16) + 16) + sums
    } else {
      let panels = product.n.dividedUp(by: panelWidth)
      let blocks = geometry.k.dividedUp(by: Self.longestBlock)
      blockK = geometry.k.dividedUp(by: blocks).roundedUp(to: 16)
      let tileGroups = min(computeUnits, geometry.count.dividedUp(by: 16))
      panelsPerGroup = panels.dividedUp(
        by: parts(of: panels, groups: tileGroups, computeUnits: computeUnits, most: panels, cost: 1))
      let held = blockK < geometry.k ? panelsPerGroup : 1
      let most = min(64, max(16, Self.cache / (Self.points * (blockK + 16 + held * panelWidth))))
      (blockTiles, tilesPerGroup) = Self.shares(
        of: geometry.count, most: most, blockRows: rows, groups: tileGroups)
      groups = WorkSize(geometry.count.dividedUp(by: tilesPerGroup), panels.dividedUp(by: panelsPerGroup))
      scratch =
        16 + Self.points * (blockTiles * (blockK + 16) + 16) + held * Self.points * (blockTiles * panelWidth + 16)
    }
  }

  /// Tiles that are taken at a time and by each of `groups`, both whole register blocks: equal shares, in as few blocks as
  /// hold `most`, because each reads all of the filter. One group a compute unit: the scratch memory of each has to come
  /// into its cache.
  private static func shares(of count: Int, most: Int, blockRows: Int, groups: Int) -> (block: Int, group: Int) {
    let group = count.dividedUp(by: groups).roundedUp(to: blockRows)
    let blocks = group.dividedUp(by: most / blockRows * blockRows)
    return (group.dividedUp(by: blocks).roundedUp(to: blockRows), group)
  }

  /// The structure `Winograd` of `winograd.cl`, in the order of its fields.
  var words: [Int32] {
    (geometry.tiles
      + [
        geometry.count, geometry.phases, geometry.k, blockTiles, blockK, tilesPerGroup, panelsPerGroup, splits,
      ]).map(Int32.init)
  }

  /// - Parameter count: Of the largest storage.
  func macros(activation: String, count: Int) -> [Macro] {
    [
      Macro("WIDTH", width), Macro("OUTPUTS", geometry.outputs), Macro("ROWS", rows),
      Macro("VECTORS", panelWidth / width),
      Macro("BLOCK", Self.block), Macro("ACTIVATION", activation), Macro(needsWideIndices(count) ? "WIDE" : "NARROW", 1),
    ]
  }

  /// The structure `Filters` of `winograd_filter.cl`, in the order of its fields.
  func filterWords(_ product: GeneralProduct) -> [Int32] {
    let patches = product.left, n = product.n
    var first: SIMD3<Int> = [0, 0, 0], step: SIMD3<Int> = [1, geometry.phases, geometry.phases]
    var filterTaps = patches.taps
    var innerStride = n, columnStride = 1
    if case .phase(let phase, let kernelSize, let channels) = product.right {
      (first, step, filterTaps) = (phase.firstTap, phase.tapStep, SIMD3(kernelSize))
      (innerStride, columnStride) = (1, channels)
    }
    var result = [geometry.k, n, patches.channels, geometry.phases].map(Int32.init)
    result.append(first, step, filterTaps)
    return result
      + [innerStride, columnStride, patches.channels * n, panelWidth, n.dividedUp(by: panelWidth)].map(Int32.init)
  }
}
