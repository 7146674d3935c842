import Backends

/// How a convolution or filter gradient is computed on processors by Winograd's filtering over two axes or three, in parts of
/// k: see `winograd_parts.cl`.
struct WinogradPartsPlan {
  /// A filter's way into the domain takes as long as its products with so many tiles.
  private static let filterTiles = 32
  /// A tile's own way there takes as long as its products with so many columns.
  private static let gatherColumns = 32
  /// How many times fewer multiplications make up for the ways in and out.
  private static let leastSaving = 1.4
  /// Of two axes, fewer tiles than this gain too little for what six points an axis lose by rounding, and smaller filters are
  /// read again from the caches for every block of tiles, whose points need not go to memory.
  private static let leastTiles = 96, leastFilter = 128 * 64
  /// Tiles that are taken at a time at the most: more hardly make up for what they take of memory.
  private static let mostTiles = 140
  /// What a block of a filter gradient has of k and of n, at the most.
  private static let rows = 32, columns = 64

  /// Axes that are transformed.
  let axes: Int
  /// On each of them, of a phase, and results of a tile.
  private let taps: Int, outputs: Int
  /// The stride: images that each axis falls into.
  let phases: Int
  private let channels: Int
  let width: Int
  private let tiles: [Int]
  /// Of all images.
  let count: Int
  /// Tiles, and phases, that are taken at a time.
  private let chunkTiles: Int, partSlabs: Int
  /// Tiles of a register block.
  private let blockRows: Int
  let panelWidth: Int
  let panels: Int
  /// Multiplications of a tile, and phases of all axes.
  let points: Int
  private let slabs: Int
  private let transposesLeft: Bool
  private let saving: Double

  /// Nil if direct computation must or should be used.
  ///
  /// - Parameter cachedFloats: `OpenCLConfiguration`'s, a third of which the points of a part, of tiles and of the filter, may fill.
  init?(_ product: GeneralProduct, device: OpenCLDevice, use: OpenCLConfiguration.WinogradUse, cachedFloats: Int) {
    let patches = product.left, channels = patches.channels, step = patches.step[2], taps = patches.taps[2] / max(1, step)
    let axes = patches.rows[0] == 1 && patches.source[0] == 1 && patches.taps[0] == 1 ? 2 : 3
    guard use != .never, product.batch == 1, product.k > 0, step == 1 || step == 2,
      let choices = Self.choices[Family(axes: axes, taps: taps)], channels.isMultiple(of: 16),
      (3 - axes..<3).allSatisfy({
        patches.step[$0] == step && patches.tapStep[$0] == 1 && patches.taps[$0] == taps * step
      }),
      !needsWideIndices(patches.source.product * channels), !needsWideIndices(patches.rows.product * product.n)
    else { return nil }
    let positions = product.transposesLeft ? product.k : product.m
    let images = positions / patches.rows.product
    let block = device.registerBlock(columns: product.n)
    (width, blockRows) = (device.productWidth, block.rows)
    panelWidth = block.vectors * width
    guard images > 0, !product.transposesLeft || product.n.isMultiple(of: panelWidth) else { return nil }
    (self.axes, self.taps, self.channels) = (axes, taps, channels)
    phases = step
    panels = product.n.dividedUp(by: panelWidth)
    transposesLeft = product.transposesLeft

    func power(_ base: Int) -> Int { (0..<axes).reduce(1) { product, _ in product * base } }
    func pointCount(_ outputs: Int) -> Int { power(outputs + taps - 1) }
    func tiles(_ outputs: Int) -> [Int] { (0..<3).map { patches.rows[$0].dividedUp(by: outputs) } }
    func work(_ outputs: Int) -> Int {
      let count = images * tiles(outputs).reduce(1, *), points = pointCount(outputs)
      return points * (count * (product.n + Self.gatherColumns) + Self.filterTiles * product.n)
    }
    outputs = choices.min { work($0) < work($1) }!
    self.tiles = tiles(outputs)
    count = images * self.tiles.reduce(1, *)
    points = pointCount(outputs)
    slabs = power(step)
    saving = Double(positions * power(taps)) / Double((count + Self.filterTiles) * points)
    if use == .whereFaster {
      guard channels >= 32, product.n >= 32, saving >= Self.leastSaving,
        axes == 3 || count >= Self.leastTiles && slabs * channels * product.n >= Self.leastFilter
      else { return nil }
    }
    chunkTiles = count.dividedUp(by: count.dividedUp(by: Self.mostTiles))
    let floats = points * channels * (chunkTiles + (transposesLeft ? 0 : product.n))
    partSlabs = slabs.dividedUp(by: slabs.dividedUp(by: max(1, cachedFloats / 3 / floats)))
  }

  /// Axes and taps along each of them, of a phase.
  private struct Family: Hashable {
    let axes: Int, taps: Int
  }
  /// The results of a tile along each axis that there are maps for, and that are worth it.
  private static let choices = [
    Family(axes: 2, taps: 2): [3], Family(axes: 2, taps: 3): [4], Family(axes: 3, taps: 2): [2, 3, 4],
  ]

  /// Whether it takes clearly fewer multiplications than blocks of tiles over two axes.
  func saves(more plan: WinogradPlan?, _ product: GeneralProduct) -> Bool {
    guard let plan else { return true }
    return saving >= 1.2 * plan.geometry.saving(product.left)
  }

  /// Tiles, or phases, `first ..< first + count`, which are taken together.
  struct Range {
    let first: Int, count: Int

    static func all(of count: Int, each most: Int) -> [Range] {
      stride(from: 0, to: count, by: most).map { Range(first: $0, count: min(most, count - $0)) }
    }
  }

  var chunks: [Range] { Range.all(of: count, each: chunkTiles) }
  var parts: [Range] { Range.all(of: slabs, each: partSlabs) }
  /// Values of k in the largest part.
  private var k: Int { partSlabs * channels }

  /// Rows of points, those of zeros included.
  private func paddedCount(_ count: Int) -> Int { transposesLeft ? count : count.roundedUp(to: blockRows) }

  /// Values of k, and of n, that lie together in the points of tiles and of gradients.
  var slice: Int { transposesLeft ? min(Self.rows, k) : k }
  func columnSlice(_ n: Int) -> Int { min(n, max(Self.columns, panelWidth) / panelWidth * panelWidth) }
  /// Of products a line more for each tile, so that rows of a register block fall into different sets of the cache.
  var pitch: Int { transposesLeft ? slice : slice + 16 }

  /// Floats of the points of a chunk's tiles: of a part, or of the gradients for all of `n`.
  var tileCount: Int { pointCount(values: k, slice: slice, pitch: pitch) }
  func gradientCount(_ n: Int) -> Int { pointCount(values: n, slice: columnSlice(n), pitch: columnSlice(n)) }
  private func pointCount(values: Int, slice: Int, pitch: Int) -> Int {
    values.dividedUp(by: slice) * points * (paddedCount(chunkTiles) * pitch + 16)
  }

  /// Tiles that a work-item takes at a time: all compute units have some, and their products stay near.
  func tilesPerGroup(_ chunk: Range, computeUnits: Int) -> Int {
    let blocks = chunk.count.dividedUp(by: blockRows)
    let most = max(1, Self.mostTiles / blockRows), groups = blocks.dividedUp(by: most)
    let wanted = panels >= computeUnits ? groups : max(groups, computeUnits.dividedUp(by: panels))
    return blocks.dividedUp(by: min(blocks, wanted)) * blockRows
  }

  /// The structure `Parts` of `winograd_parts.cl`, in the order of its fields.
  func words(_ chunk: Range, _ part: Range, tilesPerGroup: Int, n: Int) -> [Int] {
    tiles + [chunk.first, chunk.count, paddedCount(chunk.count), phases, part.first, part.count, part.count * channels]
      + [tilesPerGroup, slice, columnSlice(n)]
  }

  /// - Parameter count: Of the largest storage.
  func macros(activation: String, count: Int) -> [Macro] {
    [
      Macro("WIDTH", width), Macro("AXES", axes), Macro("TAPS", taps), Macro("OUTPUTS", outputs),
      Macro("ROWS", blockRows), Macro("VECTORS", panelWidth / width), Macro("ACTIVATION", activation),
      Macro(needsWideIndices(count) ? "WIDE" : "NARROW", 1),
    ]
  }
}
