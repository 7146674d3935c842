import Backends
import Tensors
import Testing

/// A differentiable operation with the kind of inputs it is smooth on.
struct DifferentiableCase: Sendable, CustomTestStringConvertible {
  enum Domain: Sendable {
    case any
    /// At least 0.3 away from 0, where kinks are.
    case awayFromZero
    /// Between 0.6 and 2.
    case positive
    /// No two closer than 0.15, so that a small step changes no maximum.
    case distinct
  }

  let name: String
  let inputs: [(shape: Shape, domain: Domain)]
  let function: @Sendable ([Tensor]) -> Tensor

  var testDescription: String { name }

  init(
    _ name: String, _ shapes: [Shape], _ domain: Domain = .any, _ function: @escaping @Sendable ([Tensor]) -> Tensor
  ) {
    self.name = name
    inputs = shapes.map { ($0, domain) }
    self.function = function
  }

  static let all = elements + arithmetic + reductions + layout + products + windows + normalizations

  private static let elements: [DifferentiableCase] = [
    .init("affine", [[3, 4]]) { $0[0].affine(scale: -1.5, offset: 2) },
    .init("exp", [[3, 4]]) { $0[0].exp() },
    .init("log", [[3, 4]], .positive) { $0[0].log() },
    .init("log1p", [[3, 4]], .positive) { $0[0].log1p() },
    .init("expm1", [[3, 4]]) { $0[0].expm1() },
    .init("squareRoot", [[3, 4]], .positive) { $0[0].squareRoot() },
    .init("reciprocalSquareRoot", [[3, 4]], .positive) { $0[0].reciprocalSquareRoot() },
    .init("squared", [[3, 4]]) { $0[0].squared() },
    .init("reciprocal", [[3, 4]], .positive) { $0[0].reciprocal() },
    .init("absolute", [[3, 4]], .awayFromZero) { $0[0].absolute() },
    .init("sin", [[3, 4]]) { $0[0].sin() },
    .init("cos", [[3, 4]]) { $0[0].cos() },
    .init("softplus", [[3, 4]]) { $0[0].softplus() },
    .init("divergenceFromUnitNormal", [[3, 4], [3, 4]]) { $0[0].divergenceFromUnitNormal(logVariance: $0[1], scale: 0.7) },
    // What means and sums send back is the same everywhere.
    .init("divergenceFromUnitNormal of a row, summed", [[3, 4], [4]]) {
      $0[0].divergenceFromUnitNormal(logVariance: $0[1]).sum()
    },
    .init("sigmoidCrossEntropy of a row, averaged", [[3, 4], [4]]) { $0[0].sigmoidCrossEntropy($0[1].sigmoid()).mean() },
    .init("clamped", [[3, 4]], .awayFromZero) { $0[0].clamped(low: 0, high: 100) },
    .init("power of a constant", [[3, 4]], .positive) { $0[0].power(2.5) },
    .init("cube of a negative", [[3, 4]], .awayFromZero) { $0[0].power(3) },
    .init("relu", [[3, 4]], .awayFromZero) { $0[0].relu() },
    .init("leakyReLU", [[3, 4]], .awayFromZero) { $0[0].leakyReLU(slope: 0.2) },
    .init("sigmoid", [[3, 4]]) { $0[0].sigmoid() },
    .init("tanh", [[3, 4]]) { $0[0].tanh() },
    .init("elu", [[3, 4]], .awayFromZero) { $0[0].elu(alpha: 0.7) },
    .init("prelu", [[3, 4], [4]], .awayFromZero) { $0[0].prelu(slope: $0[1]) },
    .init("sigmoidCrossEntropy", [[3, 4], [3, 4]]) { $0[0].sigmoidCrossEntropy($0[1]) },
  ]

  private static let arithmetic: [DifferentiableCase] = [
    .init("add", [[3, 4], [4]]) { $0[0] + $0[1] },
    .init("subtract", [[3, 1], [2, 1, 4]]) { $0[0] - $0[1] },
    .init("multiply", [[3, 4], [3, 1]]) { $0[0] * $0[1] },
    .init("multiply by itself", [[3, 4]]) { $0[0] * $0[0] },
    .init("divide", [[3, 4], [4]], .positive) { $0[0] / $0[1] },
    .init("with scalars", [[3]], .positive) { 2 - (1 / ($0[0] * 3 + 1)) / 2 },
    .init("power", [[3, 4], [4]], .positive) { $0[0].power($0[1]) },
    .init("maximum", [[3, 4], [4]], .distinct) { .maximum($0[0], $0[1]) },
    .init("minimum", [[3, 4], [4]], .distinct) { .minimum($0[0], $0[1]) },
    .init("select", [[2, 2], [2, 2]]) {
      .select(Tensor([1, 0, 0, 2], shape: [2, 2], on: $0[0].device), $0[0], $0[1])
    },
  ]

  private static let reductions: [DifferentiableCase] = [
    .init("sum", [[3, 4, 2]]) { $0[0].sum(axes: [0, 2]) },
    .init("mean", [[3, 4, 2]]) { $0[0].mean(axes: [1], keepingDimensions: true) },
    .init("variance", [[5, 3]]) { $0[0].variance(axes: [0]) },
    .init("max", [[3, 5]], .distinct) { $0[0].max(axes: [1]) },
    .init("min", [[3, 5]], .distinct) { $0[0].min() },
    .init("logSumExp", [[3, 5]]) { $0[0].logSumExp(axes: [1]) },
    .init("softmax", [[3, 5]]) { $0[0].softmax() },
    .init("softmax of axis 0", [[3, 5]]) { $0[0].softmax(axis: 0) },
    .init("logSoftmax", [[3, 5]]) { $0[0].logSoftmax() },
  ]

  private static let layout: [DifferentiableCase] = [
    .init("reshaped", [[3, 4]]) { $0[0].reshaped(to: [2, -1]).squared() },
    .init("flattened", [[2, 3, 2]]) { $0[0].flattened().squared() },
    .init("broadcast", [[3, 1]]) { $0[0].broadcast(to: [2, 3, 4]).squared() },
    .init("transposed", [[2, 3, 4]]) { $0[0].transposed([2, 0, 1]).squared() },
    .init("flipped", [[2, 3]]) { $0[0].flipped(axes: [1]).squared() },
    .init("sliced", [[4, 3]]) { $0[0].sliced(1..<3).squared() },
    .init("padded", [[2, 3]]) { $0[0].padded(before: [1, 0], after: [0, 2], with: 0.5).squared() },
    .init("tiled", [[2, 3]]) { $0[0].tiled([2, 3]).squared() },
    .init("concatenate", [[2, 3], [2, 1]]) { Tensor.concatenate($0).squared() },
    .init("stack", [[2, 3], [2, 3]]) { Tensor.stack($0, axis: 1).squared() },
    .init("gathering", [[4, 3]]) { $0[0].gathering(Tensor([3, 0, 3], on: $0[0].device)).squared() },
  ]

  private static let products: [DifferentiableCase] = [
    .init("matmul", [[3, 4], [4, 2]]) { .matmul($0[0], $0[1]) },
    .init("matmul, left transposed", [[4, 3], [4, 2]]) { .matmul($0[0], $0[1], transposesLeft: true) },
    .init("matmul, right transposed", [[3, 4], [2, 4]]) { .matmul($0[0], $0[1], transposesRight: true) },
    .init("matmul, both transposed", [[4, 3], [2, 4]]) {
      .matmul($0[0], $0[1], transposesLeft: true, transposesRight: true)
    },
    .init("matmul of batches", [[2, 3, 4], [2, 4, 2]]) { .matmul($0[0], $0[1]) },
    .init("matmul of broadcast batches", [[2, 1, 3, 4], [3, 4, 2]]) { .matmul($0[0], $0[1]) },
    .init("matmul with a shared matrix", [[2, 3, 4], [4, 2]]) { .matmul($0[0], $0[1]) },
    .init("dense", [[3, 4], [4, 2], [2]]) { $0[0].dense(weight: $0[1], bias: $0[2]) },
    .init("dense, tanh", [[3, 4], [4, 2], [2]]) { $0[0].dense(weight: $0[1], bias: $0[2], activation: .tanh) },
    .init("dense, sigmoid, no bias", [[3, 4], [4, 2]]) { $0[0].dense(weight: $0[1], activation: .sigmoid) },
  ]

  private static let windows: [DifferentiableCase] = [
    .init("convolution", [[2, 5, 4, 2], [3, 3, 2, 3], [3]]) {
      $0[0].convolved(filter: $0[1], bias: $0[2], stride: [2, 1], padding: .same)
    },
    .init("convolution, dilated, tanh", [[1, 6, 5, 1], [2, 2, 1, 2], [2]]) {
      $0[0].convolved(filter: $0[1], bias: $0[2], dilation: [2, 3], activation: .tanh)
    },
    .init("convolution of a sequence", [[2, 7, 2], [3, 2, 2]]) {
      $0[0].convolved(filter: $0[1], stride: [2], padding: .explicit(low: [2], high: [0]))
    },
    .init("convolution of a volume", [[1, 3, 4, 3, 2], [2, 2, 2, 2, 2], [2]]) {
      $0[0].convolved(filter: $0[1], bias: $0[2], stride: [1, 2, 1], padding: .same)
    },
    .init("transposed convolution", [[1, 3, 2, 2], [4, 3, 2, 2], [2]]) {
      $0[0].transposedConvolved(filter: $0[1], bias: $0[2], stride: [2, 2], padding: .same)
    },
    .init("transposed convolution, sigmoid", [[1, 3, 2, 2], [3, 3, 2, 2], [2]]) {
      $0[0].transposedConvolved(filter: $0[1], bias: $0[2], activation: .sigmoid)
    },
    .init("transposed convolution of a volume", [[1, 2, 2, 3, 1], [3, 3, 3, 2, 1]]) {
      $0[0].transposedConvolved(filter: $0[1], stride: [2, 2, 2], padding: .same)
    },
    .init("upsampled convolution", [[2, 2, 3, 2], [3, 3, 2, 2], [2]]) {
      $0[0].upsampledConvolved(filter: $0[1], bias: $0[2], factors: [2, 2], padding: .same, activation: .tanh)
    },
    .init("max pooling", [[1, 4, 5, 2]], .distinct) {
      $0[0].maxPooled(size: [3, 2], stride: [2, 1], padding: .same).squared()
    },
    .init("average pooling", [[1, 4, 5, 2]]) {
      $0[0].averagePooled(size: [3, 3], stride: [2, 2], padding: .same).squared()
    },
    .init("average pooling, padding counted", [[1, 4, 5, 2]]) {
      $0[0].averagePooled(size: [2, 2], padding: .explicit(low: [1, 1], high: [1, 0]), countsPadding: true).squared()
    },
    .init("global average pooling", [[2, 3, 2, 2]]) { $0[0].globalAveragePooled().squared() },
    .init("global max pooling", [[2, 3, 2, 2]], .distinct) { $0[0].globalMaxPooled().squared() },
    .init("upsampling, nearest", [[1, 2, 3, 2]]) { $0[0].upsampled(factors: [2, 3]).squared() },
    .init("upsampling, bilinear", [[1, 2, 3, 2]]) {
      $0[0].upsampled(factors: [3, 2], interpolation: .bilinear).squared()
    },
    .init("upsampling of a volume", [[1, 2, 1, 3, 1]]) { $0[0].upsampled(factors: [2, 2, 1]).squared() },
  ]

  private static let normalizations: [DifferentiableCase] = [
    .init("batch normalization", [[4, 2, 3], [3], [3]]) {
      $0[0].batchNormalized(scale: $0[1], offset: $0[2], epsilon: 1e-2).output
    },
    .init("batch normalization, tanh, no offset", [[6, 3], [3]]) {
      $0[0].batchNormalized(scale: $0[1], offset: nil, epsilon: 1e-2, activation: .tanh).output
    },
    // A scale that depends on the input, as in conditional normalization: two ways for one gradient.
    .init("batch normalization scaled by its input", [[6, 3]]) {
      $0[0].batchNormalized(scale: $0[0].squared().mean(axes: [0]), offset: nil, epsilon: 1e-2).output
    },
    .init("instance normalization", [[2, 3, 2, 3], [3], [3]]) {
      $0[0].instanceNormalized(scale: $0[1], offset: $0[2], epsilon: 1e-2).output
    },
    .init("layer normalization", [[4, 5], [5], [5]]) {
      $0[0].layerNormalized(scale: $0[1], offset: $0[2], epsilon: 1e-2)
    },
    .init("normalization at inference", [[4, 3], [3], [3]]) {
      let mean = Tensor([0.1, -0.2, 0.3], on: $0[0].device), variance = Tensor([0.5, 1, 2], on: $0[0].device)
      return $0[0].normalized(
        mean: mean, variance: variance, scale: $0[1], offset: $0[2], epsilon: 1e-3, activation: .tanh)
    },
    .init("dropout", [[5, 4]]) { $0[0].dropout(rate: 0.4, using: RandomGenerator(seed: 3)).squared() },
  ]
}
