import Backends
import Figment
import Files

/// A whole training step on random data, forward, backward and optimizer; or, for `srgan-infer`, a forward pass. As in
/// training, several short steps are under way at once.
struct StepBenchmark {
  let name: String
  let batchSize: Int
  /// Makes the networks and the data; what it returns is a step, giving a number to read back.
  private let prepare: (_ batchSize: Int, Device) throws -> () throws -> Tensor

  static var all: [StepBenchmark] {
    [
      .loss(ConvolutionalAutoencoder.self), .loss(VariationalAutoencoder.self),
      .adversarial(DenseGAN.self), .adversarial(DCGAN.self, .published), .adversarial(AgeConditionalGAN.self),
      .adversarial(VoxelGAN.self),
      .superResolution("srgan") { model, small, large, context in
        { model.pixelStep(small: small, large: large, context).first }
      },
      .superResolution("srgan-infer") { model, small, _, _ in
        { model.evaluating { withoutGradient { model.generator(small) } } }
      },
      .superResolution("srgan-adversarial") { model, small, large, context in
        { try model.adversarialStep(small: small, large: large, context).first }
      },
      .superResolution("srgan-content") { model, small, large, context in
        let layers = LayerContext(device: model.device, generator: RandomGenerator(seed: 0))
        model.content = Frozen(try VGG(.vgg16, through: model.configuration.contentLayer, in: layers))
        return { try model.adversarialStep(small: small, large: large, context).first }
      },
      .identity,
    ]
  }

  static func named(_ name: String) throws -> StepBenchmark {
    if let step = all.first(where: { $0.name == name }) { return step }
    let names = all.map(\.name)
    let hint = suggestion(for: name, among: names, otherwise: ".")
    throw UsageError("there is no step “\(name)”\(hint) Steps: \(names.joined(separator: ", "))")
  }

  private static func loss<Model: LossModel>(_: Model.Type) -> StepBenchmark {
    StepBenchmark(name: Model.identifier, batchSize: Model.batchSize) { batchSize, device in
      let model = Model(.init(), on: device, seed: 0)
      let batch = Batch(
        Dictionary(uniqueKeysWithValues: model.inputs.map { ($0.name, random([batchSize] + $0.shape, on: device)) }))
      let context = StepContext(model.stages()[0].learners)
      return { try model.step(batch, context).first }
    }
  }

  /// With Adam for all, as the scripts beside this one have it: the models' own optimizers differ.
  private static func adversarial<Model: AdversarialModel>(
    _: Model.Type, _ configuration: Model.Configuration = .init()
  ) -> StepBenchmark {
    StepBenchmark(name: Model.identifier, batchSize: Model.batchSize) { batchSize, device in
      var configuration = configuration
      // A discriminator that rests would be faster, and a step that has to know its accuracy would wait.
      configuration.objective.accuracyGate = 1
      let model = Model(configuration, on: device, seed: 0)
      let samples = random([batchSize] + model.sampleShape, on: device)
      let labels = model.randomLabels(batchSize)
      let context = StepContext(model.learners { Adam(learningRate: 2e-4, beta1: 0.5) })
      return { try model.adversarialStep(samples, labels: labels, context).first }
    }
  }

  /// The last stage of `age-cgan` through the run's own face network, which needs no file.
  private static var identity: StepBenchmark {
    StepBenchmark(name: "age-cgan-identity", batchSize: 32) { batchSize, device in
      var configuration = AgeConditionalGAN.Configuration()
      configuration.faceWeights = AgeConditionalGAN.Configuration.ownFaceNetwork
      let model = AgeConditionalGAN(configuration, on: device, seed: 0)
      try model.loadPretrainedWeights()
      // What it says of faces makes no difference here.
      model.recognizerHasLearnt = true
      let images = random([batchSize] + model.sampleShape, on: device), labels = model.randomLabels(batchSize)!
      let context = StepContext(model.stages().last!.learners)
      return { try model.identityStep(images, labels: labels, context).first }
    }
  }

  private static func superResolution(
    _ name: String, _ step: @escaping (SRGAN, _ small: Tensor, _ large: Tensor, StepContext) throws -> () throws -> Tensor
  ) -> StepBenchmark {
    StepBenchmark(name: name, batchSize: 1) { batchSize, device in
      let model = SRGAN(on: device, seed: 0)
      return try step(
        model, random([batchSize] + model.noiseShape, on: device), random([batchSize] + model.sampleShape, on: device),
        StepContext(model.stages().flatMap(\.learners)))
    }
  }

  private static func random(_ shape: [Int], on device: Device) -> Tensor {
    .randomUniform(Shape(shape), using: RandomGenerator(seed: 1), on: device)
  }

  func measure(seconds: Double, batchSize: Int?, on device: Device) throws -> BenchmarkResult {
    let batchSize = batchSize ?? self.batchSize
    let step = try prepare(batchSize, device)
    // The trainer waits for every 16th.
    let milliseconds = try Stopwatch(seconds: seconds).median(of: { _ = try step() }, leastSeconds: 0.1, most: 16) {
      try device.synchronize()
    }
    var result = BenchmarkResult(name: name, device: device.identifier)
    result.batch = batchSize
    result.medianMs = milliseconds
    result.samplesPerSecond = Double(batchSize) * 1e3 / milliseconds
    let operations = try products(batchSize: batchSize).reduce(0) { $0 + $1.floatingPointOperations }
    result.gflops = Double(operations) / milliseconds / 1e6
    result.peakMib = Double(device.backend.statistics.peakBytes) / Double(1 << 20)
    return result
  }

  /// A step on a device, with networks and data of its own.
  func step(batchSize: Int?, on device: Device) throws -> () throws -> Tensor {
    try prepare(batchSize ?? self.batchSize, device)
  }

  /// What a step multiplies, found by following it without computing it.
  func products(batchSize: Int?) throws -> [ProductOperation] {
    let backend = ShapeBackend()
    let step = try prepare(batchSize ?? self.batchSize, Device(backend))
    let before = backend.products.count
    _ = try step()
    return Array(backend.products.dropFirst(before))
  }
}

extension Measurements {
  /// Something to wait for.
  fileprivate var first: Tensor { entries[0].value }
}
