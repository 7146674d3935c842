import Backends

extension OpenCLBackend {
  /// Runs a few kernels of each kind and compares them with numbers computed here, in a second or less. A
  /// driver that is installed but broken is found before a training run, not in its losses.
  ///
  /// Throws `OpenCLError.selfTestFailed`, or what the driver said.
  public func selfTest() throws {
    // Quarters of small whole numbers: sums and products of them are exact, whatever their order.
    let count = 1003
    let left = (0..<count).map { (i: Int) -> Float in Float(i * 7 % 37) * 0.25 - 4 }
    let right = (0..<count).map { (i: Int) -> Float in Float(i * 5 % 23) - 11 }
    let a = send(left), b = send(right)

    try expect("fill", fill(2.5, count: count), [Float](repeating: 2.5, count: count))
    var sums = zip(left, right).map(+)
    if runtime.configuration.spoilsSelfTest { sums[0] += 1 }
    try expect("binary", binary(.add, a, b, Broadcast([count], [count], to: [count])), sums)
    try expect("unary", unary(.activation(.relu), a), left.map { max($0, 0) })

    let rows = 17, columns = 59
    let total = (0..<columns).map { column in (0..<rows).reduce(Float(0)) { $0 + left[$1 * columns + column] } }
    try expect("reduce", reduce(.sum, a, outer: 1, length: rows, inner: columns), total)
    // Long enough to be added up in stages.
    let many = wholes(70_001, 7, 13)
    try expect("reduce", reduce(.sum, send(many), outer: 1, length: many.count, inner: 1), [many.reduce(0, +)])

    let draws = random(.uniform(low: 0, high: 1), count: 100, generator: Philox(key: [7, 9]), counter: 5)
    let expected = (0..<100).map { Philox.uniform(Philox(key: [7, 9]).block(UInt64(5 + $0 / 4))[$0 % 4]) }
    try expect("random", draws, expected)

    try testProducts()
    try testNormalization(left)
  }

  /// A convolution forward and back, and a product of matrices, by the kernels that large ones take: barriers, local
  /// memory and registers, where compilers of graphics cards go wrong first.
  private func testProducts() throws {
    // As many channels at both ends: on processors one program serves the way forward and back.
    let size = 9, inputs = 20, outputs = 20, batch = 2, taps = 9
    let convolution = Convolution(
      batch: batch,
      windows: Windows(
        inputSize: [size, size], kernelSize: [3, 3], stride: [1, 1], paddingLow: [1, 1], paddingHigh: [1, 1]),
      inputChannels: inputs, outputChannels: outputs)
    let input = wholes(batch * size * size * inputs, 7, 13), filter = wholes(taps * inputs * outputs, 5, 11)
    let gradient = wholes(batch * size * size * outputs, 3, 7)
    var forward = [Float](repeating: 0, count: gradient.count), inputGradient = [Float](repeating: 0, count: input.count)
    var filterGradient = [Float](repeating: 0, count: filter.count)
    for position in 0..<batch * size * size {
      let image = position / (size * size), y = position / size % size, x = position % size
      for tap in 0..<taps {
        let row = y + tap / 3 - 1, column = x + tap % 3 - 1
        guard 0..<size ~= row, 0..<size ~= column else { continue }
        let pixel = ((image * size + row) * size + column) * inputs
        for i in 0..<inputs {
          for o in 0..<outputs {
            let weight = (tap * inputs + i) * outputs + o, result = position * outputs + o
            forward[result] += input[pixel + i] * filter[weight]
            inputGradient[pixel + i] += gradient[result] * filter[weight]
            filterGradient[weight] += gradient[result] * input[pixel + i]
          }
        }
      }
    }
    let (x, w, g) = (send(input), send(filter), send(gradient))
    func testConvolution() throws {
      try expect(
        "convolution", self.convolution(convolution, input: x, filter: w, bias: nil, activation: .identity), forward)
      try expect(
        "the input gradient of a convolution",
        convolutionInputGradient(convolution, outputGradient: g, filter: w, bias: nil, activation: .identity),
        inputGradient)
      try expect(
        "the filter gradient of a convolution", convolutionFilterGradient(convolution, input: x, outputGradient: g),
        filterGradient)
    }
    try byLargestTile(testConvolution)
    let isTuned = runtime.choices.withLock { $0.tuning.entries.values.contains { $0.variant == .winograd } }
    if runtime.family == .gpu, device.isKnownForWinograd || isTuned,
      GraphicsCardWinogradPlan(GeneralProduct(forward: convolution), device: device) != nil
    {
      try withProducts(going: "winograd", testConvolution)
    }

    let m = 37, n = 35, k = 41
    let left = wholes(m * k, 11, 17), right = wholes(k * n, 9, 13)
    let product = (0..<m * n).map { place in
      (0..<k).reduce(Float(0)) { $0 + left[place / n * k + $1] * right[$1 * n + place % n] }
    }
    try expect(
      "matrix product",
      matrixProduct(MatrixProduct(m: m, n: n, k: k), send(left), send(right), bias: nil, activation: .identity), product)
  }

  /// Runs `body` with products in the largest tile of a graphics card, which they are too small for by themselves.
  private func byLargestTile(_ body: () throws -> Void) throws {
    let tiles = runtime.family == .gpu ? GraphicsCardProductPlan.Tile.all.filter { $0.fits(device) } : []
    guard let largest = tiles.first else { return try body() }
    try withProducts(going: "tile \(largest.name)", body)
  }

  private func testNormalization(_ values: [Float]) throws {
    let rows = 59, channels = 17, epsilon = 0.001 as Float
    let normalization = Normalization(groups: 1, rows: rows, channels: channels, epsilon: epsilon)
    let input = send(values)
    let (mean, variance) = moments(normalization, input)
    var means = [Float](), variances = [Float]()
    for channel in 0..<channels {
      let column = (0..<rows).map { Double(values[$0 * channels + channel]) }
      let centre = column.reduce(0, +) / Double(rows)
      means.append(Float(centre))
      variances.append(Float(column.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(rows)))
    }
    try expect("batch normalization", mean, means, tolerance: 1e-4)
    try expect("batch normalization", variance, variances, tolerance: 1e-4)
    let normalized = normalize(
      normalization, input, mean: mean, variance: variance, scale: nil, offset: nil, activation: .identity)
    let expected = values.indices.map { place in
      let channel = place % channels
      return (values[place] - means[channel]) / (variances[channel] + epsilon).squareRoot()
    }
    try expect("batch normalization", normalized, expected, tolerance: 1e-4)
  }

  /// Small whole numbers, whose products and sums are exact.
  private func wholes(_ count: Int, _ step: Int, _ modulus: Int) -> [Float] {
    (0..<count).map { Float($0 * step % modulus - modulus / 2) }
  }

  private func send(_ values: [Float]) -> any Storage { values.withUnsafeBufferPointer { upload($0) } }

  private func expect(_ kernel: String, _ storage: any Storage, _ expected: [Float], tolerance: Float = 0) throws {
    var actual = [Float](repeating: .nan, count: storage.count)
    try actual.withUnsafeMutableBufferPointer { try download([storage], into: $0) }
    // Written so that a NaN is a difference.
    if let index = expected.indices.first(where: { !(abs(actual[$0] - expected[$0]) <= tolerance) }) {
      throw OpenCLError.selfTestFailed(
        kernel: kernel, index: index, expected: expected[index], actual: actual[index])
    }
  }
}
