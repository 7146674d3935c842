import Backends
import TestSupport

/// Every operation on shapes that are small and odd: what a checker that interprets kernels can run.
let smallCases: [BackendCase] =
  elementCases + layoutCases + reductionCases + pairCases + activationGradientCases + windowCases + normalizationCases
  + drawCases + smallProducts

private let activations: [Activation] = [.identity, .relu, .leakyReLU(slope: 0.2), .sigmoid, .tanh, .elu(alpha: 1.3)]

private let unaryOperations: [UnaryOperation] =
  activations.map { .activation($0) } + [
    .affine(scale: 2, offset: 1), .exponential, .logarithm, .logarithmOnePlus, .exponentialMinusOne(scale: 2),
    .squareRoot, .reciprocalSquareRoot, .square, .reciprocal, .absolute, .sign, .floor, .sine, .cosine, .softplus,
    .clamp(low: 0.3, high: 0.7), .power(exponent: 1.5),
  ]

private let binaryOperations: [BinaryOperation] =
  [
    .add, .subtract, .multiply, .divide, .maximum, .minimum, .power, .equal, .greater, .greaterOrEqual,
    .sigmoidCrossEntropy, .sigmoidMinus(scale: 2), .unitNormalDivergence(scale: 0.5),
  ] + activations.map { .activationGradient($0) }

private func broadcast(_ left: Shape, _ right: Shape, to output: Shape) -> BackendCase {
  BackendCase("\(left) + \(right)", .scale(1e-5)) { run in
    [run.backend.binary(.add, run.uniform(left.count), run.uniform(right.count), Broadcast(left, right, to: output))]
  }
}

private let elementCases: [BackendCase] =
  unaryOperations.map { operation in
    BackendCase("\(operation)", .scale(1e-4)) { run in [run.backend.unary(operation, run.uniform(19, 0.1...1))] }
  }
  + binaryOperations.map { operation in
    BackendCase("\(operation)", .scale(1e-4)) { run in
      [
        run.backend.binary(
          operation, run.uniform(19, 0.1...1), run.uniform(19, 0.1...1), Broadcast([19], [19], to: [19]))
      ]
    }
  } + [
    broadcast([19], [1], to: [19]), broadcast([1], [19], to: [19]), broadcast([3, 17], [17], to: [3, 17]),
    broadcast([3, 17], [3, 1], to: [3, 17]), broadcast([2, 3, 5], [3, 1], to: [2, 3, 5]),
    BackendCase("fill and select", .exact) { run in
      [run.backend.fill(3, count: 19), run.backend.select(run.integers(19, 0..<2), run.uniform(19), run.uniform(19))]
    },
  ]

private func copy(_ description: String, source: Int, destination: Int, _ copy: StridedCopy) -> BackendCase {
  BackendCase("copy \(description)", .exact) { run in
    let target = run.backend.fill(0, count: destination)
    run.backend.copy(run.uniform(source), into: target, copy)
    return [target]
  }
}

private let layoutCases: [BackendCase] = [
  copy("a row", source: 35, destination: 35, StridedCopy(shape: [35], sourceStrides: [1], destinationStrides: [1])),
  copy(
    "transposed", source: 19 * 18, destination: 19 * 18,
    StridedCopy(shape: [18, 19], sourceStrides: [1, 18], destinationStrides: [19, 1])),
  copy(
    "transposed in whole squares", source: 48 * 32, destination: 48 * 32,
    StridedCopy(shape: [32, 48], sourceStrides: [1, 32], destinationStrides: [48, 1])),
  copy(
    "every second", source: 35, destination: 70,
    StridedCopy(shape: [5, 7], sourceStrides: [7, 1], destinationStrides: [14, 2])),
  copy(
    "beside", source: 15, destination: 35,
    StridedCopy(shape: [5, 3], sourceStrides: [3, 1], destinationOffset: 4, destinationStrides: [7, 1])),
  copy(
    "beside, in whole vectors", source: 80, destination: 240,
    StridedCopy(shape: [5, 16], sourceStrides: [16, 1], destinationOffset: 16, destinationStrides: [48, 1])),
  copy(
    "beside, in pairs", source: 50, destination: 60,
    StridedCopy(shape: [5, 6], sourceStrides: [10, 1], destinationOffset: 2, destinationStrides: [10, 1])),
  copy(
    "beside, in pairs but for the offset", source: 50, destination: 60,
    StridedCopy(shape: [5, 6], sourceStrides: [10, 1], destinationOffset: 3, destinationStrides: [10, 1])),
  BackendCase("gather and scatter", .scale(1e-5)) { run in
    let indices = run.values([-1, 0, 4, 5, .nan, 2, 2])
    return [
      run.backend.gather(run.uniform(85), indices: indices, rows: 5, width: 17),
      run.backend.scatterAdd(run.uniform(7 * 17), indices: indices, rows: 5, width: 17),
    ]
  },
]

private let reductionCases: [BackendCase] = [
  (1, 1, 1), (3, 5, 1), (1, 700, 1), (2, 40, 33), (1, 200, 3), (3, 7, 2), (1, 530, 64),
].map { outer, length, inner in
  BackendCase("reductions of [\(outer), \(length), \(inner)]", .scale(1e-5)) { run in
    let x = run.uniform(outer * length * inner, 0...1)
    return [Reduction.sum, .mean, .maximum, .minimum, .argumentMaximum].map {
      run.backend.reduce($0, x, outer: outer, length: length, inner: inner)
    }
  }
}

private let pairCases: [BackendCase] = [([1], [1]), ([700], [700]), ([17], []), ([], [70_000]), ([3, 40], [40])].map {
  (left: Shape, right: Shape) in
  BackendCase("means of pairs, \(left) and \(right)", .scale(1e-5)) { run in
    let whole = left.broadcast(with: right)!
    return [BinaryOperation.sigmoidCrossEntropy, .greater, .unitNormalDivergence(scale: 0.5)].map {
      run.backend.reducePairs(
        .mean, $0, run.uniform(left.count), run.uniform(right.count, 0...1), Broadcast(left, right, to: whole))
    }
  }
}

private let activationGradientCases: [BackendCase] = [(19, 1), (5, 3), (70, 17), (3, 530), (40, 32), (8300, 8)].enumerated().map {
  i, layer in
  BackendCase("gradient behind an activation, \(layer)", .scale(1e-5)) { run in
    let count = layer.0 * layer.1
    let result = run.backend.activationAndBiasGradients(
      activations[i], output: run.uniform(count), gradient: run.uniform(count), channels: layer.1)
    return [result.gradient, result.bias]
  }
}

private let windowCases: [BackendCase] =
  [
    Pooling(batch: 2, windows: Windows([5, 7], [3, 3], stride: [2, 2], .same), channels: 3),
    Pooling(batch: 1, windows: Windows([4, 6], [2, 2], stride: [2, 2], .valid), channels: 17),
    Pooling(batch: 1, windows: Windows([5, 4], [2, 2], stride: [2, 2], .valid), channels: 32),
    Pooling(batch: 1, windows: Windows([7], [2], stride: [3], dilation: [2], .explicit([2], [1])), channels: 4),
  ].map { pooling in
    BackendCase("pooling \(pooling.windows.inputSize)", .scale(1e-5)) { run in
      let x = run.uniform(pooling.inputCount)
      let taps = try run.reference({ $0.maximumPooling(pooling, $1[0]).taps }, of: [x])
      let maximum = run.backend.maximumPooling(pooling, x)
      return [
        maximum.output, maximum.taps,
        run.backend.maximumPoolingScatter(pooling, run.uniform(pooling.outputCount), taps: taps),
        run.backend.maximumPoolingGather(pooling, x, taps: taps), run.backend.averagePooling(pooling, x),
        run.backend.averagePoolingGradient(pooling, run.uniform(pooling.outputCount)),
      ]
    }
  }
  + [(Interpolation.nearest, 16), (.bilinear, 5), (.bilinear, 16)].map { interpolation, channels in
    let upsampling = Upsampling(
      batch: 2, inputSize: [3, 2], factors: [2, 3], channels: channels, interpolation: interpolation)
    return BackendCase("upsampling \(interpolation), \(channels) channels", .scale(1e-5)) { run in
      [
        run.backend.upsampling(upsampling, run.uniform(upsampling.inputCount)),
        run.backend.upsamplingGradient(upsampling, run.uniform(upsampling.outputCount)),
      ]
    }
  }

private let normalizationCases: [BackendCase] = [
  (1, 19, 5), (2, 9, 17), (3, 40, 16), (1, 1100, 17), (1, 530, 3), (1, 8200, 8),
].enumerated().map { i, shape in
  let normalization = Normalization(groups: shape.0, rows: shape.1, channels: shape.2, epsilon: 1e-3)
  return BackendCase("normalization \(shape)", .scale(1e-4, floor: 1)) { run in
    let x = run.uniform(normalization.count, -2...3), scale = run.uniform(shape.2), offset = run.uniform(shape.2)
    let mean = try run.reference({ $0.moments(normalization, $1[0]).mean }, of: [x])
    let variance = try run.reference({ $0.moments(normalization, $1[0]).variance }, of: [x])
    let moments = run.backend.moments(normalization, x)
    var averages =
      shape.0 > 1
      ? nil
      : MovingMoments(
        mean: run.uniform(shape.2), variance: run.uniform(shape.2, 0...1), decay: 0.9, meanShare: 0.1, varianceShare: 0.2)
    let own = run.backend.normalizeByOwnMoments(
      normalization, x, scale: i == 3 ? nil : scale, offset: offset, activation: activations[i], averages: &averages)
    let gradients = run.backend.normalizationGradient(
      normalization, input: x, outputGradient: run.uniform(normalization.count), mean: mean, variance: variance,
      scale: i == 0 ? nil : scale, offset: offset, activation: activations[i])
    return [
      moments.mean, moments.variance, gradients.input, gradients.scale, gradients.offset,
      run.backend.normalize(
        normalization, x, mean: mean, variance: variance, scale: scale, offset: i == 1 ? nil : offset,
        activation: activations[i]),
      own.output, own.mean, own.variance,
    ] + (averages.map { [$0.mean, $0.variance] } ?? [])
  }
}

private let drawCases: [BackendCase] =
  [Distribution.uniform(low: -1, high: 2), .normal(mean: 1, deviation: 2)].map { distribution in
    BackendCase("\(distribution)", .scale(1e-5)) { run in
      [run.backend.random(distribution, count: 70, generator: Philox(key: [1, 2]), counter: 0xFFFF_FFFF)]
    }
  } + [
    BackendCase("dropout", .scale(1e-6)) { run in
      [run.backend.dropout(run.uniform(70), rate: 0.3, generator: Philox(key: [1, 2]), counter: 3)]
    }
  ]
  + [
    OptimizerRule.sgd(rate: 0.1, momentum: 0, nesterov: false), .sgd(rate: 0.1, momentum: 0.9, nesterov: true),
    .rmsProp(rate: 0.1, rho: 0.9, epsilon: 1e-7), .movingAverage(decay: 0.9, scale: 0.2),
    .adam(rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, decay: 0),
  ].map { rule in
    BackendCase("\(rule)", .scale(1e-4)) { run in
      let counts = [1, 17, 3]
      var parameters = counts.map { run.uniform($0) }
      var slots = (0..<rule.slotCount).map { _ in counts.map { run.uniform($0, 0...1) } }
      run.backend.optimizerStep(
        rule, parameters: &parameters, gradients: counts.map { run.uniform($0) }, slots: &slots)
      return parameters + slots.joined()
    }
  }

private func products(_ m: Int, _ n: Int, _ k: Int) -> [BackendCase] {
  [(false, false), (true, false), (false, true)].map { left, right in
    BackendCase("product of \(m) × \(n) × \(k)", .scale(1e-5, floor: Double(k).squareRoot() / 3)) { run in
      let product = MatrixProduct(m: m, n: n, k: k, transposesLeft: left, transposesRight: right)
      return [
        run.backend.matrixProduct(
          product, run.uniform(m * k), run.uniform(k * n), bias: run.uniform(n), activation: .relu)
      ]
    }
  }
}

private func convolution(
  _ windows: Windows, batch: Int = 1, _ inputChannels: Int, _ outputChannels: Int
) -> BackendCase {
  let convolution = Convolution(
    batch: batch, windows: windows, inputChannels: inputChannels, outputChannels: outputChannels)
  return BackendCase(
    "convolution \(windows.inputSize) by \(windows.kernelSize), \(inputChannels) → \(outputChannels)",
    .scale(1e-5, floor: 5)
  ) { run in
    let x = run.uniform(convolution.inputCount), filter = run.uniform(convolution.filterCount)
    let gradient = run.uniform(convolution.outputCount)
    return [
      run.backend.convolution(
        convolution, input: x, filter: filter, bias: run.uniform(outputChannels), activation: .tanh),
      run.backend.convolutionInputGradient(
        convolution, outputGradient: gradient, filter: filter, bias: nil, activation: .identity),
      run.backend.convolutionFilterGradient(convolution, input: x, outputGradient: gradient),
    ]
  }
}

/// The longest is one that graphics cards split.
let smallProducts: [BackendCase] =
  products(1, 1, 1) + products(7, 9, 8) + products(33, 17, 40) + products(2, 37, 30) + products(40, 3, 21)
  + [products(3, 2, 1030)[0]] + [
    convolution(Windows([5, 6], [3, 3], .same), batch: 2, 1, 5),
    convolution(Windows([5, 6], [3, 3], stride: [2, 2], .same), 5, 3),
    convolution(Windows([3, 4, 3], [3, 2, 3], .same), 2, 3),
  ]

/// For what only graphics cards do: Winograd's filtering of few tiles, of two taps in phases of a stride, alike and not; folds.
let graphicsCardProducts: [BackendCase] = [
  convolution(Windows([5, 6], [3, 3], .same), batch: 2, 10, 6),
  convolution(Windows([9, 8], [4, 4], stride: [2, 2], .explicit([1, 1], [1, 1])), 6, 9),
  convolution(Windows([8, 6], [4, 4], stride: [2, 2], .explicit([1, 1], [1, 1])), 9, 6),
  convolution(Windows([3, 9], [3, 3], .same), 16, 2),
  convolution(Windows([4, 6], [4, 4], stride: [2, 2], .explicit([1, 1], [1, 1])), 1, 16),
]

/// For what only processors do: few rows, splits of shorter products, Winograd's filtering of whole panels.
let processorProducts: [BackendCase] =
  products(5, 33, 600) + products(20, 48, 9) + [
    // Work enough for several compute units.
    products(32, 32, 2100)[0], products(16, 32, 1100)[1],
    convolution(Windows([4, 5], [3, 3], .same), 16, 32), convolution(Windows([4, 5], [3, 3], .same), 16, 16),
    convolution(Windows([6, 6], [4, 4], stride: [2, 2], .explicit([1, 1], [1, 1])), 16, 32),
    convolution(Windows([4, 3, 5], [2, 2, 2], .same), 16, 32),
    convolution(Windows([6, 6], [5, 5], .same), 32, 1), convolution(Windows([4, 9], [3, 3], .same), 1, 16),
    convolution(Windows([3, 9], [3, 3], .same), 16, 2),
    convolution(Windows([5, 17], [2, 3], stride: [2, 2], .explicit([1, 2], [1, 1])), 3, 48),
  ]
