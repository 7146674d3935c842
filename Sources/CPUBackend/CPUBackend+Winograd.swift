import Backends
import CVectorLoops

// Winograd's minimal filtering: convolutions of 2 or 3 taps for each step of the stride, as products in a
// domain where a tile of results needs half to a third of the multiplications. A batch goes through in chunks
// of tiles that stay in the cache: into the domain, through the products, back.
extension CPUBackend {
  /// The forward pass or the gradient by the input.
  func outputsByWinograd(
    _ winograd: WinogradConvolution, _ input: UnsafePointer<Float>, filter: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, activation: Activation, into output: UnsafeMutablePointer<Float>
  ) throws {
    let k = winograd.k, rows = winograd.chunk(floatsPerRow: k)
    let matrix = try scratch(winograd.pointsCount(rows: rows, columns: k))
    let parts = winograd.parts.map { ($0, winograd.strips(of: $0, rows: rows, threads: team.threads)) }
    let transformed = try scratch(winograd.filterCount(panels: parts.map { $1[0].count }.max()!))
    let fused = activation.isSimple
    let (kind, parameter) = (fused ? activation : .identity).loop
    for (part, strips) in parts {
      var (family, source, destination) = (part.family, part.source, part.destination)
      let chunks = Tiles(of: part.tiles, width: rows)
      for held in strips {
        transformFilter(winograd, filter, panels: held, into: transformed.pointer)
        for chunk in chunks {
          let blocks = Tiles(of: chunk.count, width: VL_BLOCK_ROWS)
          // There are several strips only of one chunk, which still lies there from the first.
          if held == strips[0] {
            withUnsafeMutablePointers(&family, &source) { family, source in
              team.forEachSlice(blocks.count) { block in
                vl_winograd_gather(
                  family, source, input, chunk.lowerBound, matrix.pointer, blocks[block].lowerBound,
                  blocks[block].upperBound)
              }
            }
          }
          // Rows and panels whose products stay in one processor's cache until they are transformed back; every thread has some.
          let pairs = Tiles(of: held.count, width: 2), shared = blocks.count * pairs.count / team.threads
          let groups = Tiles(
            of: chunk.count, width: WinogradConvolution.rows(of: chunk.count, mostBlocks: min(10, max(1, shared))))
          try withUnsafeMutablePointers(&family, &destination) { family, destination in
            try team.tryEachSlice(groups.count * pairs.count) { task in
              let (group, pair) = (groups[task % groups.count], pairs[task / groups.count])
              let products = try scratch(winograd.points * pair.count * group.count * winograd.panel)
              vl_winograd_outputs(
                family, destination, matrix.pointer, k, transformed.pointer + pair.lowerBound * k * winograd.panel,
                held.count, held.lowerBound - part.panels.lowerBound + pair.lowerBound, pair.count, chunk.lowerBound,
                group.lowerBound, group.count, products.pointer, bias, kind, parameter, output)
            }
          }
        }
      }
    }
    if !fused {
      finish(
        output, rows: winograd.resultRows, channels: winograd.parts[0].destination.channels, bias: nil,
        activation: activation)
    }
  }

  func filterGradientByWinograd(
    _ winograd: WinogradConvolution, _ x: UnsafePointer<Float>, _ dy: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>
  ) throws {
    let panels = winograd.panels, k = winograd.k
    let rows = winograd.chunk(floatsPerRow: k + panels * winograd.panel)
    let block = WinogradConvolution.blockCount(columns: k)
    let panelBlock = WinogradConvolution.blockCount(columns: panels * winograd.panel)
    let part = winograd.parts[0]
    var (family, source, destination) = (part.family, part.source, part.destination)
    let chunks = Tiles(of: part.tiles, width: rows)
    let strips = winograd.strips(of: part, rows: rows, threads: team.threads)
    let matrix = try scratch(winograd.pointsCount(rows: rows, columns: k))
    let gradients = try scratch(winograd.pointsCount(rows: rows, columns: panels * winograd.panel))
    let sums = try scratch(winograd.filterCount(panels: strips[0].count))
    for held in strips {
      for chunk in chunks {
        if held == strips[0] {
          let blocks = Tiles(of: chunk.count, width: VL_BLOCK_ROWS)
          withUnsafeMutablePointers(&family, &source) { family, source in
            withUnsafeMutablePointer(to: &destination) { destination in
              team.forEachSlice(blocks.count) { block in
                let range = blocks[block]
                vl_winograd_gather(
                  family, source, x, chunk.lowerBound, matrix.pointer, range.lowerBound, range.upperBound)
                vl_winograd_gather_gradient(
                  family, destination, dy, chunk.lowerBound, gradients.pointer, range.lowerBound, range.upperBound)
              }
            }
          }
        }
        team.forEachSlice(winograd.points) { point in
          vl_multiply_columns(
            matrix.pointer + point * block, winograd.points * block,
            gradients.pointer + point * panelBlock + held.lowerBound * VL_BLOCK_ROWS * winograd.panel,
            winograd.points * panelBlock, chunk.count, k, held.count, chunk.lowerBound > 0,
            sums.pointer + point * held.count * k * winograd.panel)
        }
      }
      var shape = winograd.filter(panels: held)
      let rowsOfFilter = Tiles(of: k, width: 16)
      withUnsafeMutablePointer(to: &shape) { shape in
        team.forEachSlice(rowsOfFilter.count) { slice in
          let range = rowsOfFilter[slice]
          vl_winograd_filter_gradient(shape, sums.pointer, output, range.lowerBound, range.upperBound)
        }
      }
    }
  }

  private func transformFilter(
    _ winograd: WinogradConvolution, _ filter: UnsafePointer<Float>, panels: Range<Int>,
    into transformed: UnsafeMutablePointer<Float>
  ) {
    var shape = winograd.filter(panels: panels)
    let columns = min(winograd.n, panels.upperBound * winograd.panel) - panels.lowerBound * winograd.panel
    let blocks = Tiles(of: winograd.isInputGradient ? columns : winograd.k, width: 16)
    withUnsafeMutablePointer(to: &shape) { shape in
      team.forEachSlice(blocks.count) { block in
        if winograd.isInputGradient {
          vl_winograd_turned_filter(shape, filter, transformed, block, block + 1)
        } else {
          vl_winograd_filter(shape, filter, transformed, blocks[block].lowerBound, blocks[block].upperBound)
        }
      }
    }
  }
}

private func withUnsafeMutablePointers<A, B>(
  _ a: inout A, _ b: inout B, _ body: (UnsafeMutablePointer<A>, UnsafeMutablePointer<B>) throws -> Void
) rethrows {
  try withUnsafeMutablePointer(to: &a) { a in try withUnsafeMutablePointer(to: &b) { b in try body(a, b) } }
}

/// How one pass of a convolution is computed in Winograd's domain.
struct WinogradConvolution {
  /// Tiles of results, of all columns or of some.
  struct Part {
    let family: VLWinograd
    /// What tiles are read from, and what their results are written to (or, for the filter's gradient, what
    /// these results' gradient is read from).
    let source: VLTiledImage, destination: VLTiledImage
    let tiles: Int
    let panels: Range<Int>
  }

  let isInputGradient: Bool
  private let filter: VLWinogradFilter
  /// Matrices of the domain, one product each: [tiles, k] · [k, n].
  let points: Int, k: Int, n: Int
  let parts: [Part]
  /// Positions of all results.
  let resultRows: Int

  /// A filter's way into the domain takes as long as its products with so many tiles.
  private static let filterTiles = 32
  /// A tile's own way there takes as long as its products with so many columns.
  private static let gatherColumns = 32

  /// Floats of a filter that are held in the domain for each thread, where it can be had in pieces.
  private static let heldFilter = 2 << 20

  let panel = VL_PANEL
  var panels: Int { n.dividedUp(by: panel) }

  /// - Returns: nil where it is not possible or saves too little.
  init?(_ convolution: Convolution, _ pass: ConvolutionKey.Pass) {
    let windows = convolution.windows, rank = windows.spatialRank
    guard rank == 2 || rank == 3, let step = windows.stride.first, let extent = windows.kernelSize.first,
      windows.stride.allSatisfy({ $0 == step }), windows.kernelSize.allSatisfy({ $0 == extent }),
      windows.dilation.allSatisfy({ $0 == 1 }), windows.paddingLow.allSatisfy({ $0 >= 0 }),
      step <= 2, extent == 2 * step || (extent == 3 * step && rank == 2),
      convolution.inputChannels % 16 == 0, convolution.outputChannels % 16 == 0
    else { return nil }
    let taps = extent / step, phases = rank == 2 ? step * step : step * step * step
    let isInputGradient = pass == .inputGradient
    self.isInputGradient = isInputGradient
    let columns = phases * convolution.inputChannels
    let (k, n) = isInputGradient ? (convolution.outputChannels, columns) : (columns, convolution.outputChannels)
    (self.k, self.n) = (k, n)
    let panel = VL_PANEL, channelPanels = convolution.inputChannels / panel

    // Positions whose results make up the tiles: those of the output; or, for the input's gradient, the positions of the input
    // over the stride: for all phases at once, or for each on its own, which can be one fewer along each axis.
    func layout(apart: Bool) -> [Layout] {
      guard isInputGradient else { return [Layout(windows.outputSize.map { (0, $0) }, phase: nil)] }
      let last = zip(windows.inputSize, windows.paddingLow).map { $0 - 1 + $1 }
      guard apart else {
        return [Layout(zip(windows.paddingLow, last).map { ($0 / step, $1 / step - $0 / step + 1) }, phase: nil)]
      }
      return (0..<phases).map { phase in
        let own = (0..<rank).map { phase / (0..<rank - 1 - $0).reduce(1) { power, _ in power * step } % step }
        return Layout(
          (0..<rank).map { axis in
            let first = max(0, windows.paddingLow[axis] - own[axis] + step - 1) / step
            return (first, max(0, (last[axis] - own[axis] + step) / step - first))
          }, phase: own)
      }
    }
    func pointCount(_ results: Int) -> Int { (0..<rank).reduce(1) { product, _ in product * (taps + results - 1) } }
    func work(_ layouts: [Layout], _ results: Int) -> Int {
      let width = n / layouts.count + Self.gatherColumns
      return layouts.reduce(Self.filterTiles * n) { $0 + convolution.batch * $1.tiles(results) * width } * pointCount(results)
    }
    let canBeApart = isInputGradient && step > 1 && rank == 3 && convolution.inputChannels.isMultiple(of: panel)
    let layouts = [layout(apart: false)] + (canBeApart ? [layout(apart: true)] : [])
    let choices = layouts.flatMap { layouts in
      (rank == 3 ? [2, 3, 4] : [taps + 1]).map { (layouts, results: $0, work: work(layouts, $0)) }
    }
    let (chosen, results, _) = choices.min { $0.work < $1.work }!

    parts = chosen.enumerated().map { number, layout in
      var input = VLTiledImage(
        channels: convolution.inputChannels, step: step, phases: layout.phase == nil ? phases : 1)
      var output = VLTiledImage(channels: convolution.outputChannels, step: 1, phases: 1)
      for axis in 0..<3 {
        let own = axis - (3 - rank)
        guard own >= 0 else {
          input[axis] = (1, 0)
          output[axis] = (1, 0)
          continue
        }
        let first = layout.positions[own].first
        input[axis] = (windows.inputSize[own], step * first + (layout.phase?[own] ?? 0) - windows.paddingLow[own])
        output[axis] = (windows.outputSize[own], isInputGradient ? first - (taps - 1) : 0)
      }
      let tiled = Array(repeating: 1, count: 3 - rank) + layout.extents(results)
      return Part(
        family: VLWinograd(rank: rank, taps: taps, results: results, tiles: (tiled[0], tiled[1], tiled[2])),
        source: isInputGradient ? output : input, destination: isInputGradient ? input : output,
        tiles: convolution.batch * layout.tiles(results),
        panels: layout.phase == nil ? 0..<n.dividedUp(by: panel) : number * channelPanels..<(number + 1) * channelPanels)
    }
    filter = VLWinogradFilter(
      rank: rank, taps: taps, results: results, stride: step, phases: phases,
      inputChannels: convolution.inputChannels, outputChannels: convolution.outputChannels, firstPanel: 0, panels: 0)
    points = pointCount(results)

    resultRows =
      convolution.batch * (isInputGradient ? windows.inputPositions : windows.outputPositions)

    // The way in and out of the domain costs memory traffic in proportion to the channels.
    let multiplied = (0..<rank).reduce(Double(convolution.batch)) { product, axis in
      let size = isInputGradient ? Double(windows.inputSize[axis]) / Double(step) : Double(windows.outputSize[axis])
      return product * size * Double(taps)
    }
    let tiles = parts.reduce(0) { $0 + $1.tiles } / parts.count, width = n / parts.count
    // Parts are gathered one after the other, which the whole is only once.
    let gathered = Double(width + (parts.count > 1 ? Self.gatherColumns : 0)) / Double(width)
    let saved = multiplied / ((Double(tiles) * gathered + Double(Self.filterTiles)) * Double(points))
    // Six points an axis round more than the direct sum does, which the first steps of RMSprop multiply: where there is little to
    // gain, two axes go without.
    guard saved >= 1.4, rank == 3 || tiles >= 96, min(convolution.inputChannels, convolution.outputChannels) >= 32 else {
      return nil
    }
  }

  /// Where the results of a part lie, axis by axis, and of which phase they are where it has no others.
  private struct Layout {
    let positions: [(first: Int, count: Int)]
    let phase: [Int]?

    init(_ positions: [(first: Int, count: Int)], phase: [Int]?) { (self.positions, self.phase) = (positions, phase) }

    func extents(_ results: Int) -> [Int] { positions.map { $0.count.dividedUp(by: results) } }
    func tiles(_ results: Int) -> Int { extents(results).reduce(1, *) }
  }

  /// How many tiles to take at a time: about as many as a few MiB hold.
  func chunk(floatsPerRow: Int) -> Int {
    let tiles = parts.reduce(1) { max($0, $1.tiles) }
    return Self.rows(of: tiles, mostBlocks: max(10, (4 << 20) / (4 * points * floatsPerRow) / VL_BLOCK_ROWS))
  }

  /// The panels of a part, as many together as the filter, or its gradient, is held for in the domain while `rows` tiles are
  /// taken at a time: tiles that are all there at once meet it piece by piece, others would need every piece again.
  func strips(of part: Part, rows: Int, threads: Int) -> [Range<Int>] {
    let all = part.panels.count, most = max(1, Self.heldFilter * threads / filterCount(panels: 1))
    let width = part.tiles > rows ? all : all.dividedUp(by: all.dividedUp(by: most))
    return Tiles(of: all, width: width).map { $0.lowerBound + part.panels.lowerBound..<$0.upperBound + part.panels.lowerBound }
  }

  /// Floats of the filter in the domain.
  func filterCount(panels: Int) -> Int { points * panels * k * panel }

  /// The filter, of which these panels are held.
  func filter(panels: Range<Int>) -> VLWinogradFilter {
    var held = filter
    (held.firstPanel, held.panels) = (panels.lowerBound, panels.count)
    return held
  }

  /// Whole blocks, about as many each time, because the last ones need all of the filter as the first do.
  static func rows(of count: Int, mostBlocks: Int) -> Int {
    let blocks = count.dividedUp(by: VL_BLOCK_ROWS), parts = blocks.dividedUp(by: mostBlocks)
    return blocks.dividedUp(by: parts) * VL_BLOCK_ROWS
  }

  /// Floats that a block of tiles takes in one point.
  static func blockCount(columns: Int) -> Int { VL_BLOCK_ROWS * columns + VL_POINT_GAP }

  /// Floats that `rows` tiles, in whole blocks, take in the domain.
  func pointsCount(rows: Int, columns: Int) -> Int { rows / VL_BLOCK_ROWS * points * Self.blockCount(columns: columns) }
}

extension VLTiledImage {
  fileprivate init(channels: Int, step: Int, phases: Int) {
    self.init(size: (1, 1, 1), origin: (0, 0, 0), channels: channels, step: step, phases: phases)
  }

  /// The image's size along one of three axes and where its first tile begins.
  fileprivate subscript(axis: Int) -> (size: Int, origin: Int) {
    get {
      switch axis {
      case 0: (size.0, origin.0)
      case 1: (size.1, origin.1)
      default: (size.2, origin.2)
      }
    }
    set {
      switch axis {
      case 0: (size.0, origin.0) = newValue
      case 1: (size.1, origin.1) = newValue
      default: (size.2, origin.2) = newValue
      }
    }
  }
}

extension Activation {
  /// Whether Winograd's way back applies it.
  var isSimple: Bool {
    switch self {
    case .identity, .relu, .leakyReLU: true
    case .sigmoid, .tanh, .elu: false
    }
  }
}
