import Backends

/// What every product, convolution and gradient of one is for the kernels: see `gemm.cl`.
struct GeneralProduct {
  var batch = 1
  var m: Int
  var n: Int
  var k: Int
  var left: PatchGeometry
  /// Whether features of patches are rows and positions are summed over.
  var transposesLeft = false
  var right: RightOperand
  /// Whether the batch is the phases of a stride: see ``joining(_:_:)``.
  var joinsPhases = false
  /// What all of these sum over together, if some reach fewer taps than `left` has.
  var featuresOfPhases: Int?
  /// Whether a card's splits are to be added up when the result is asked for.
  var isAddedUpLater = false
  /// Floats between the matrices of a batch; 0 shares one.
  var leftBatchStride = 0
  var rightBatchStride = 0

  var multiplyAdds: Int { m * n * (featuresOfPhases ?? batch * k) }

  var targetsAreRows: Bool { transposesLeft || left.targetsAreRows }

  /// Whether nothing of it has depth: images, taps, and those of a stored filter that it takes, which are of its first plane.
  var isPlanar: Bool {
    if case .phase(let phase, _, _) = right, phase.firstTap.x != 0 { return false }
    return left.isPlanar
  }

  /// Throws if the kernels could not count to an extent.
  func requireExtents() throws(OpenCLError) {
    let extent = max(m, n, k)
    if needsWideIndices(extent) { throw .tooLarge(extent: extent) }
  }
}

extension GeneralProduct {
  init(forward convolution: Convolution) {
    let patches = PatchGeometry(forward: convolution)
    self.init(
      m: convolution.batch * convolution.windows.outputPositions, n: convolution.outputChannels, k: patches.features,
      left: patches, right: .rows)
  }

  /// One of the phases of a strided convolution.
  init(inputGradient convolution: Convolution, _ phase: InputGradientPhase) {
    let windows = convolution.windows.inThreeDimensions
    let positions = windows.areSinglePixels ? windows.inputPositions : phase.geometry.rows.product
    self.init(
      m: convolution.batch * positions, n: convolution.inputChannels, k: phase.geometry.features, left: phase.geometry,
      right: .phase(phase, kernelSize: windows.kernelSize, channels: convolution.outputChannels))
  }

  /// All phases of a strided convolution as one product, for kernels that find each by its number: if there are several,
  /// and all have as many positions. Its taps are the most that any has; along an axis others have at most one less.
  static func joining(_ convolution: Convolution, _ phases: [InputGradientPhase]) -> GeneralProduct? {
    let first = phases[0].geometry
    guard phases.count > 1, convolution.windows.dilation.allSatisfy({ $0 == 1 }),
      phases.allSatisfy({ $0.geometry.rows == first.rows && $0.geometry.features > 0 })
    else { return nil }
    let most = phases.reduce(first.taps) { pointwiseMax($0, $1.geometry.taps) }
    var product = GeneralProduct(inputGradient: convolution, phases[0])
    product.left.origin &-= most &- first.taps
    product.left.taps = most
    (product.batch, product.k) = (phases.count, product.left.features)
    product.joinsPhases = true
    if phases.contains(where: { $0.geometry.taps != most }) {
      product.featuresOfPhases = phases.reduce(0) { $0 + $1.geometry.features }
    }
    return product
  }

  init(filterGradient convolution: Convolution) {
    let patches = PatchGeometry(forward: convolution)
    self.init(
      m: patches.features, n: convolution.outputChannels, k: convolution.batch * convolution.windows.outputPositions,
      left: patches, transposesLeft: true, right: .rows)
  }
}

/// How the right operand lies in memory.
enum RightOperand {
  /// `[k, n]`.
  case rows
  /// `[n, k]`.
  case columns
  /// A filter `[…taps, n, channels]`, of which a phase takes some taps: `k` is (tap, channel).
  case phase(InputGradientPhase, kernelSize: [Int], channels: Int)
}

/// How a right operand is copied into panels: see `gemm_panels.cl`.
struct PanelLayout {
  /// Columns of a panel.
  var width: Int
  /// Rows of a panel.
  var paddedK: Int
  var panels: Int

  init(width: Int, of n: Int, k: Int, paddedTo multiple: Int = 1) {
    self.width = width
    panels = n.dividedUp(by: width)
    paddedK = k.roundedUp(to: multiple)
  }

  var count: Int { width * paddedK * panels }

  /// The structure of `gemm_panels.cl`, in the order of its fields.
  func words(_ product: GeneralProduct, batch: Int) -> [Int] {
    var inner = product.k, innerStride = product.n, columnStride = 1, tapStride = 0
    var taps: SIMD3<Int> = [1, 1, 1], first: SIMD3<Int> = [0, 0, 0], step = taps, filterTaps = taps
    switch product.right {
    case .rows: break
    case .columns: (innerStride, columnStride) = (1, product.k)
    case .phase(let phase, let kernelSize, let channels):
      (inner, innerStride, columnStride) = (channels, 1, channels)
      tapStride = channels * product.n
      (taps, first, step) = (phase.geometry.taps, phase.firstTap, phase.tapStep)
      filterTaps = SIMD3(kernelSize)
    }
    var result = [product.k, product.n, inner]
    result.append(taps, first, step, filterTaps)
    return result + [innerStride, columnStride, tapStride, width, paddedK, panels, batch]
  }
}
