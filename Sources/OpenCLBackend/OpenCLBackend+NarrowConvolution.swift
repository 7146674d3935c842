import Backends

// Convolutions with one to four channels at one end, taken apart into a product of matrices as wide as others and
// a sum over taps or a transposition: see `gemm_fold.cl`.

extension Convolution {
  /// Channels at the other end below which there is little to gain.
  private static let wide = 16
  /// Columns of a product, one for each tap and channel, that fill half a vector.
  private static let fewest = 9

  /// Whether few channels go out, and few products are for positions that no window is centred on.
  var isNarrowOutward: Bool {
    outputChannels <= 4 && inputChannels >= Self.wide && windows.taps * outputChannels >= Self.fewest
      && 4 * windows.inputPositions <= 5 * windows.outputPositions
  }

  /// Whether few channels come in.
  var isNarrowInward: Bool {
    inputChannels <= 4 && outputChannels >= Self.wide && windows.taps * inputChannels >= Self.fewest
  }

  /// Whether a filter gradient's sides can be exchanged: few channels go out, and there is a result at every step.
  var exchangesSides: Bool {
    outputChannels <= 4 && inputChannels >= Self.wide && windows.taps > 1
      && windows.stride.allSatisfy { $0 == 1 }
  }
}

extension OpenCLBackend {
  func narrowConvolution(
    _ convolution: Convolution, _ input: any Storage, _ filter: any Storage, bias: (any Storage)?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let taps = convolution.windows.taps, channels = convolution.inputChannels, columns = convolution.outputChannels
    // [tap, channel, column] → [channel, tap, column].
    let byChannel = runtime.allocate(count: convolution.filterCount)
    copy(
      filter, into: byChannel,
      StridedCopy(
        shape: [channels, taps, columns], sourceStrides: [columns, channels * columns, 1],
        destinationStrides: [taps * columns, columns, 1]))
    let positions = convolution.batch * convolution.windows.inputPositions
    let products = runtime.allocate(count: positions * taps * columns)
    let product = GeneralProduct(
      m: positions, n: taps * columns, k: channels, left: PatchGeometry(matrixColumns: channels), right: .rows)
    try compute(product, input, byChannel, bias: nil, activation: .identity, into: products)
    let windows = convolution.windows.inThreeDimensions
    try fold(
      Folding(
        target: windows.outputSize, source: windows.inputSize, phases: [1, 1, 1], step: windows.stride,
        origin: windows.paddingLow.map { -$0 }, tapStep: windows.dilation),
      convolution, columns: columns, products, bias: bias, activation: activation, into: output)
  }

  func narrowInputGradient(
    _ convolution: Convolution, _ outputGradient: any Storage, _ filter: any Storage, bias: (any Storage)?,
    activation: Activation, into input: OpenCLStorage
  ) throws {
    let columns = convolution.inputChannels, channels = convolution.outputChannels
    let positions = convolution.batch * convolution.windows.outputPositions
    let width = convolution.windows.taps * columns
    let products = runtime.allocate(count: positions * width)
    // The filter is [tap, column, channel]: the matrix as it must be, transposed.
    let product = GeneralProduct(
      m: positions, n: width, k: channels, left: PatchGeometry(matrixColumns: channels), right: .columns)
    try compute(product, outputGradient, filter, bias: nil, activation: .identity, into: products)
    let windows = convolution.windows.inThreeDimensions
    try fold(
      Folding(
        target: windows.inputSize, source: windows.outputSize, phases: windows.stride, step: [1, 1, 1],
        origin: windows.paddingLow, tapStep: windows.dilation.map { -$0 }),
      convolution, columns: columns, products, bias: bias, activation: activation, into: input)
  }

  /// The filter gradient of a convolution to few channels with its sides exchanged: the patches are those of the
  /// few channels, and the many are columns.
  func narrowFilterGradient(
    _ convolution: Convolution, _ input: any Storage, _ outputGradient: any Storage, into filter: OpenCLStorage
  ) throws {
    let taps = convolution.windows.taps, channels = convolution.inputChannels, columns = convolution.outputChannels
    let patches = InputGradientPhase.all(of: convolution)[0].geometry
    let product = GeneralProduct(
      m: patches.features, n: channels, k: convolution.batch * convolution.windows.inputPositions, left: patches,
      transposesLeft: true, right: .rows)
    let exchanged = runtime.allocate(count: convolution.filterCount)
    try compute(product, outputGradient, input, bias: nil, activation: .identity, into: exchanged)
    // [tap, last to first, column, channel] → [tap, channel, column].
    copy(
      exchanged, into: filter,
      StridedCopy(
        shape: [taps, channels, columns], sourceOffset: (taps - 1) * columns * channels,
        sourceStrides: [-columns * channels, 1, channels], destinationStrides: [channels * columns, columns, 1]))
  }

  /// Where a result finds its products on each axis: the formula is in `gemm_fold.cl`.
  private struct Folding {
    var target: [Int], source: [Int]
    var phases: [Int], step: [Int]
    var origin: [Int], tapStep: [Int]
  }

  private func fold(
    _ folding: Folding, _ convolution: Convolution, columns: Int, _ products: OpenCLStorage, bias: (any Storage)?,
    activation: Activation, into output: OpenCLStorage
  ) throws {
    let taps = convolution.windows.inThreeDimensions.kernelSize
    let (macro, parameter) = activation.macro
    let largest = max(products.count, output.count)
    let kernel = try runtime.kernel(
      .gemmFold, "foldProducts",
      defines: [
        "COLUMNS": columns, "TAPS_ZY": taps[0] * taps[1], "TAPS_X": taps[2], "ACTIVATION": macro,
        needsWideIndices(largest) ? "WIDE" : "NARROW": 1,
      ])
    let line = runtime.family == .cpu ? folding.target[2] : 1
    let words =
      folding.target + folding.source + taps + folding.phases + folding.step + folding.origin + folding.tapStep
      + [convolution.batch, bias == nil ? 0 : 1]
    try runtime.launchShared(
      kernel, units: convolution.batch * folding.target.reduce(1, *) / line,
      cost: 4 * line * columns * (convolution.windows.taps / folding.phases.reduce(1, *) + 1),
      .words(words), .float(parameter), .buffer(products), .buffer(bias.map(own) ?? products),
      .buffer(output))
  }
}
