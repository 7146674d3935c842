#if canImport(Glibc)
  import Glibc
#endif

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
  /// Floats that the points of a block of tiles may fill: seven eighths of the second-level cache, from 512 KiB to 1 MiB, for
  /// which this was measured. The system does not say its size everywhere.
  static let cache = {
    #if canImport(Glibc)
      let bytes = sysconf(Int32(_SC_LEVEL2_CACHE_SIZE))
    #else
      let bytes = 0
    #endif
    return (bytes > 0 ? min(max(bytes, 512 << 10), 1 << 20) : 1 << 20) / 8 * 7 / 4
  }()

  let geometry: WinogradGeometry
  let width: Int
  /// Tiles of a register block.
  private let rows: Int
  let panelWidth: Int
  var blockTiles: Int
  var blockK: Int
  var panelsPerGroup = 0
  var splits = 1
  let blocks: WorkSize
  /// Floats that each work-group keeps its points in.
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
      let rows = geometry.k / channels * channels.dividedUp(by: Self.block), columns = product.n.dividedUp(by: Self.block)
      blockK = Self.block
      let sums = Self.points * (Self.block * Self.block + 16)
      blockTiles = max(8, (Self.cache - sums) / (2 * Self.points * (Self.block + 16)))
      // The sums of a part are written, read and added in the time of some thirty tiles.
      splits = parts(
        of: geometry.count, groups: rows * columns, computeUnits: computeUnits,
        most: min(4 * computeUnits, geometry.count / (2 * blockTiles)), cost: 32)
      blocks = WorkSize(rows, columns, splits)
      let tiles = geometry.count.dividedUp(by: splits)
      blockTiles = tiles.dividedUp(by: tiles.dividedUp(by: blockTiles))
      scratch = 16 + 2 * Self.points * (blockTiles * (Self.block + 16) + 16) + sums
    } else {
      let panels = product.n.dividedUp(by: panelWidth)
      blockK = geometry.k.dividedUp(by: geometry.k.dividedUp(by: Self.longestBlock)).roundedUp(to: 16)
      panelsPerGroup = panels.dividedUp(
        by: parts(
          of: panels, groups: min(computeUnits, geometry.count.dividedUp(by: 16)), computeUnits: computeUnits,
          most: panels, cost: 1))
      let held = blockK < geometry.k ? panelsPerGroup : 1
      let most = min(64, max(16, Self.cache / (Self.points * (blockK + 16 + held * panelWidth))))
      let isCached = Self.points * geometry.k * product.n <= Self.cache / 2
      let panelBlocks = panels.dividedUp(by: panelsPerGroup)
      blockTiles = Self.blockTiles(
        of: geometry.count, most: most, blockRows: rows, times: panelBlocks, computeUnits: computeUnits,
        cost: isCached ? 2 : 8)
      blocks = WorkSize(geometry.count.dividedUp(by: blockTiles), panelBlocks)
      scratch =
        16 + Self.points * (blockTiles * (blockK + 16) + 16) + held * Self.points * (blockTiles * panelWidth + 16)
    }
  }

  /// Tiles of a block: whole register blocks, such that the last compute unit ends soonest. There are so many `times` each
  /// block, and each takes the time of `cost` tiles more, because it reads its part of the filter.
  private static func blockTiles(
    of count: Int, most: Int, blockRows: Int, times: Int, computeUnits: Int, cost: Int
  ) -> Int {
    func time(_ tiles: Int) -> Int {
      let blocks = count.dividedUp(by: tiles), rounds = (blocks * times).dividedUp(by: computeUnits)
      // The last block may be a small one.
      let isAlone = times == 1 && blocks - (rounds - 1) * computeUnits == 1
      return (rounds - 1) * (tiles + cost) + (isAlone ? count - (blocks - 1) * tiles : tiles) + cost
    }
    return stride(from: blockRows, through: max(blockRows, most), by: blockRows).min { time($0) < time($1) }!
  }

  /// The structure `Winograd` of `winograd.cl`, in the order of its fields.
  var words: [Int] {
    geometry.tiles + [geometry.count, geometry.phases, geometry.k, blockTiles, blockK, panelsPerGroup, splits]
  }

  /// - Parameter count: Of the largest storage.
  func macros(activation: String, count: Int) -> [Macro] {
    [
      Macro("WIDTH", width), Macro("AXES", 2), Macro("TAPS", 5 - geometry.outputs), Macro("OUTPUTS", geometry.outputs),
      Macro("ROWS", rows), Macro("VECTORS", panelWidth / width), Macro("BLOCK", Self.block),
      Macro("ACTIVATION", activation), Macro(needsWideIndices(count) ? "WIDE" : "NARROW", 1),
    ]
  }
}

/// How a filter is taken into Winograd's domain.
struct WinogradFilter {
  /// The structure `Filters` of `winograd_filter.cl`, in the order of its fields.
  let words: [Int]
  /// Panels of all points.
  let count: Int

  /// - Parameters:
  ///   - k: How many of its values, from the first of slab `firstSlab` on.
  ///   - step: From a tap of a phase to the next, along each axis.
  init(
    _ product: GeneralProduct, firstSlab: Int = 0, k: Int, phases: Int, step: SIMD3<Int>, points: Int, panelWidth: Int
  ) {
    let patches = product.left, n = product.n, panels = n.dividedUp(by: panelWidth)
    var first: SIMD3<Int> = [0, 0, 0], step = step
    var filterTaps = patches.taps
    var innerStride = n, columnStride = 1
    if case .phase(let phase, let kernelSize, let channels) = product.right {
      (first, step, filterTaps) = (phase.firstTap, phase.tapStep, SIMD3(kernelSize))
      (innerStride, columnStride) = (1, channels)
    }
    var words = [k, n, firstSlab, patches.channels, phases]
    words.append(first, step, filterTaps)
    self.words = words + [innerStride, columnStride, patches.channels * n, panelWidth, panels]
    count = points * k * panels * panelWidth
  }
}
