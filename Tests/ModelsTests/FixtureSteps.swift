import Backends
import Layers
import Models
import Tensors
import TestSupport
import Testing

// What the scripts of `Tests/Fixtures` that train networks make: see its README.

/// Uniform in [0, 1), as the fixture's `draw`.
func draw(_ key: (UInt32, UInt32), _ count: Int) -> [Float] {
  let philox = Philox(key: SIMD2(key.0, key.1))
  return (0..<count).map { Philox.uniform(philox.block(UInt64($0 / 4))[$0 % 4]) }
}

/// Four images of 28×28 with a grey rectangle each.
func images(step: Int) -> [Float] {
  let pixels = draw((77, UInt32(step)), 4 * 28 * 28)
  let corners = draw((78, UInt32(step)), 16)
  var images = [Float](repeating: 0, count: pixels.count)
  for image in 0..<4 {
    let numbers = (0..<4).map { Int(14 * corners[4 * image + $0]) }
    for row in numbers[0]..<numbers[0] + numbers[2] + 1 {
      for column in numbers[1]..<numbers[1] + numbers[3] + 1 {
        let index = (image * 28 + row) * 28 + column
        images[index] = 0.5 + 0.5 * pixels[index]
      }
    }
  }
  return images
}

/// Weights of the fixture, tensor by tensor in declaration order.
func initialize(_ parameters: [Parameter]) {
  for (position, parameter) in parameters.enumerated() where parameter.shape.rank > 1 {
    let shape = parameter.shape
    let receptive = shape.dimensions.dropLast(2).reduce(1, *)
    let limit = Float((6 / Double(receptive * (shape[-1] + shape[-2]))).squareRoot())
    let values = draw((1234, UInt32(position)), shape.count).map { (2 * $0 - 1) * limit }
    parameter.value = Tensor(values, shape: shape, on: parameter.value.device)
  }
}

/// Latents in the order in which a step asks for them.
final class GivenNoise: AdversarialNoise {
  private var latents: [Tensor]

  init(latents: [Tensor]) { self.latents = latents }

  func latents(_ count: Int) -> Tensor { latents.removeFirst() }
  func classes(_ count: Int) -> Tensor? { nil }
  func uniform(_ shape: Shape) -> Tensor { fatalError("the published step draws latents only") }
}

/// The fixture's latents and uniform numbers, by how many were drawn before.
final class PhiloxNoise: AdversarialNoise {
  private let latentShape: [Int], drawnClasses: [Float]?, device: Device
  private var latentDraws: UInt32, uniformDraws: UInt32 = 0

  /// - Parameter first: The number of the first draw of latents.
  init(latentShape: [Int], classes: [Float]? = nil, first: UInt32 = 0, on device: Device) {
    (self.latentShape, drawnClasses, self.device, latentDraws) = (latentShape, classes, device, first)
  }

  func latents(_ count: Int) -> Tensor {
    defer { latentDraws += 1 }
    let shape = Shape([count] + latentShape)
    return Tensor(draw((100, latentDraws), shape.count).map { (2 * $0 - 1) * 1.7 }, shape: shape, on: device)
  }

  func classes(_ count: Int) -> Tensor? { drawnClasses.map { Tensor($0, shape: [count], on: device) } }

  func uniform(_ shape: Shape) -> Tensor {
    defer { uniformDraws += 1 }
    return Tensor(draw((101, uniformDraws), shape.count), shape: shape, on: device)
  }
}

/// Euclidean norms to 1e-4, and sums, which see a sign that norms do not, of tensors in the fixture's order.
///
/// - Parameters:
///   - negligible: The part of the largest norm that counts as nothing: the gradient of a bias before batch normalization
///     is rounding.
///   - vectorTolerance: Of biases and the like, whose gradients are sums that nearly cancel in large networks.
func expectDigest(
  of tensors: [Tensor], norms: FixtureCase.Values, sums: FixtureCase.Values? = nil, negligible: Double = 0,
  vectorTolerance: Double = 1e-4
) throws {
  #expect(tensors.count == norms.scalars.count)
  let floor = negligible * Double(norms.scalars.max() ?? 0)
  for (index, tensor) in tensors.enumerated() where index < norms.scalars.count {
    let tolerance = tensor.rank > 1 ? 1e-4 : vectorTolerance
    let values = try tensor.scalars().map(Double.init), wanted = Double(norms.scalars[index])
    let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
    #expect(abs(norm - wanted) <= tolerance * max(1e-9, wanted) + floor, "tensor \(index): norm \(norm), the fixture's \(wanted)")
    guard let sums else { continue }
    let sum = values.reduce(0, +), slack = tolerance * wanted * Double(values.count).squareRoot() + max(1e-9, floor)
    #expect(abs(sum - Double(sums.scalars[index])) <= slack, "tensor \(index): sum \(sum), the fixture's \(sums.scalars[index])")
  }
}

/// What a step measured, to 1e-4, and the parameters and slots it left, against the fixture's roles `losses`, `parameterNorm`,
/// `parameterSum` and, of each learner, `NAMESlotNorm`; those of a stage are `STAGELosses`, `STAGENorm`, `STAGESum`, `STAGESlotNorm`.
///
/// - Parameter names: Of the measurements, in the fixture's order.
func expectStep(
  _ measured: Measurements, _ names: [String], parameters: [Parameter], learners: [Learner], _ expected: FixtureCase,
  stage: String? = nil
) throws {
  for (name, wanted) in zip(names, expected[stage.map { "\($0)Losses" } ?? "losses"].scalars) {
    let value = try #require(measured[name]).scalar()
    #expect(abs(value - wanted) <= 1e-4 * abs(wanted), "\(name): \(value), \(expected.text("source")) \(wanted)")
  }
  let prefix = stage ?? "parameter"
  try expectDigest(
    of: parameters.map(\.value), norms: expected["\(prefix)Norm"], sums: expected["\(prefix)Sum"], negligible: 1e-5,
    vectorTolerance: 1e-3)
  for learner in learners {
    try expectDigest(
      of: learner.checkpointState().tensors.map(\.value), norms: expected["\(stage ?? learner.name)SlotNorm"],
      negligible: 1e-5, vectorTolerance: 1e-3)
  }
}
