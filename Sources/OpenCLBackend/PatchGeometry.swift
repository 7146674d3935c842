import Backends

/// The left operand of a product: the matrix of patches of a channels-last image, one row for each position,
/// whose columns are (tap, channel). The formula is in `gemm.cl`.
struct PatchGeometry: Hashable {
  /// Positions of one image, and the image's extents: depth, height, width. No arrays: this is copied at every launch.
  var rows: SIMD3<Int> = [1, 1, 1]
  var source: SIMD3<Int> = [1, 1, 1]
  var channels: Int
  var step: SIMD3<Int> = [1, 1, 1]
  var origin: SIMD3<Int> = [0, 0, 0]
  var taps: SIMD3<Int> = [1, 1, 1]
  var tapStep: SIMD3<Int> = [1, 1, 1]
  /// The result's extents; positions write every `targetStep`-th of it, from `targetOrigin` on.
  var target: SIMD3<Int> = [1, 1, 1]
  var targetStep: SIMD3<Int> = [1, 1, 1]
  var targetOrigin: SIMD3<Int> = [0, 0, 0]

  /// The rows of a matrix with so many columns: images of one pixel.
  init(matrixColumns: Int) { channels = matrixColumns }

  /// What the windows of a convolution see of its input.
  init(forward convolution: Convolution) {
    self.init(matrixColumns: convolution.inputChannels)
    let windows = convolution.windows.inThreeDimensions
    // A product of matrices with one row a pixel: no geometry to look at, or to compile kernels for.
    if windows.areSinglePixels { return }
    (rows, target) = (SIMD3(windows.outputSize), SIMD3(windows.outputSize))
    source = SIMD3(windows.inputSize)
    (step, taps, tapStep) = (SIMD3(windows.stride), SIMD3(windows.kernelSize), SIMD3(windows.dilation))
    origin = 0 &- SIMD3(windows.paddingLow)
  }

  /// The whole structure of `gemm.cl`, in the order of its fields.
  var words: [Int] {
    var result = [Int]()
    result.reserveCapacity(31)
    result.append(rows, source)
    result.append(channels)
    result.append(step, origin, taps, tapStep, target, targetStep, targetOrigin)
    return result
  }

  var features: Int { taps.product * channels }
  /// Features that are contiguous in the image.
  var runLength: Int { max(1, tapStep[2] == 1 ? taps[2] * channels : channels) }
  /// Whether patches are plain rows of a matrix.
  var isMatrix: Bool {
    rows == [1, 1, 1] && source == [1, 1, 1] && taps == [1, 1, 1] && origin == [0, 0, 0]
  }
  /// Whether images and taps have no depth.
  var isPlanar: Bool { [rows.x, source.x, taps.x, target.x] == [1, 1, 1, 1] && origin.x == 0 && targetOrigin.x == 0 }
  var targetsAreRows: Bool { rows == target && targetOrigin == [0, 0, 0] }
}

extension SIMD3<Int> {
  var product: Int { x * y * z }
}

extension [Int] {
  mutating func append(_ vectors: SIMD3<Int>...) {
    for vector in vectors { for axis in 0..<3 { append(vector[axis]) } }
  }
}

extension Windows {
  /// Whether every output position sees just the input position of the same index.
  var areSinglePixels: Bool {
    taps == 1 && inputSize == outputSize && stride.allSatisfy { $0 == 1 } && paddingLow.allSatisfy { $0 == 0 }
  }
}

/// One part of an input gradient: the input positions that lie equally to the stride, hence are reached by
/// the same taps of the filter. Computing them together multiplies no zeros.
///
/// Position `i` gets `Σ output[(i + padding − tap · dilation) / stride] · filter[tap]` over the taps for which
/// the division is exact. With `i = phase + stride · q` those are every `stride / gcd(stride, dilation)`-th
/// tap, and the output positions are `q` plus a constant, less `dilation / gcd` for each. The taps are taken
/// last to first, so that output positions ascend and neighbours merge into long copies.
struct InputGradientPhase {
  var geometry: PatchGeometry
  /// Where the taps are in the filter: `first + j · step` on each axis.
  var firstTap: SIMD3<Int> = [0, 0, 0]
  var tapStep: SIMD3<Int> = [1, 1, 1]

  /// All phases that have positions, those without taps included: their gradient is 0.
  static func all(of convolution: Convolution) -> [InputGradientPhase] {
    let windows = convolution.windows.inThreeDimensions
    if windows.areSinglePixels {
      return [InputGradientPhase(geometry: PatchGeometry(matrixColumns: convolution.outputChannels))]
    }
    let counts = (0..<3).map { axis in min(windows.stride[axis], windows.inputSize[axis]) }
    var phases = [InputGradientPhase]()
    phases.reserveCapacity(counts[0] * counts[1] * counts[2])
    for z in 0..<counts[0] {
      for y in 0..<counts[1] {
        for x in 0..<counts[2] {
          phases.append(InputGradientPhase([z, y, x], windows, channels: convolution.outputChannels))
        }
      }
    }
    return phases
  }

  private init(geometry: PatchGeometry) { self.geometry = geometry }

  /// All taps of a filter, in its own order.
  init(allTaps taps: [Int], channels: Int) {
    geometry = PatchGeometry(matrixColumns: channels)
    geometry.taps = SIMD3(taps)
  }

  private init(_ phase: [Int], _ windows: Windows, channels: Int) {
    geometry = PatchGeometry(matrixColumns: channels)
    geometry.source = SIMD3(windows.outputSize)
    geometry.target = SIMD3(windows.inputSize)
    geometry.targetStep = SIMD3(windows.stride)
    geometry.targetOrigin = SIMD3(phase)
    for axis in 0..<3 {
      let stride = windows.stride[axis], dilation = windows.dilation[axis], kernel = windows.kernelSize[axis]
      let shifted = phase[axis] + windows.paddingLow[axis]
      let divisor = greatestCommonDivisor(stride, dilation)
      let period = stride / divisor
      let first = (0..<min(period, kernel)).first { (shifted - $0 * dilation) % stride == 0 }
      let count = first.map { (kernel - $0 + period - 1) / period } ?? 0
      geometry.rows[axis] = (windows.inputSize[axis] - phase[axis] + stride - 1) / stride
      geometry.taps[axis] = count
      geometry.tapStep[axis] = dilation / divisor
      guard let first else { continue }
      let last = first + (count - 1) * period
      firstTap[axis] = last
      tapStep[axis] = -period
      geometry.origin[axis] = (shifted - last * dilation) / stride
    }
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
