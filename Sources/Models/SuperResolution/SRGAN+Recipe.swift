import Backbones
import Backends
import Datasets
import Foundation
import Layers
import Pictures
import Tensors

// MARK: - The recipe, in two stages

extension SRGAN {
  public var inputs: [Field] {
    [
      Field("small", shape: configuration.smallShape, range: -1...1),
      Field("large", shape: configuration.largeShape, range: -1...1),
    ]
  }

  /// `pretrain`, in which the generator learns pixels, for a million steps as in the paper; then `adversarial`, for 200,000.
  /// Best in the first is where the pixels are nearest.
  public func stages() -> [Stage] {
    [
      Stage(
        "pretrain", length: .iterations(1_000_000), batchSize: configuration.batchSize,
        learners: [Learner("pretraining", pretrainingOptimizer(), generator, of: self)], best: .lowest("loss"),
        recordEvery: .steps(200), sampleEvery: .steps(1_000), checkpointEvery: .minutes(10)),
      Stage(
        "adversarial", length: .iterations(200_000), batchSize: configuration.batchSize,
        batchesPerStep: configuration.objective.discriminatorSteps, learners: learners(), recordEvery: .steps(200),
        sampleEvery: .steps(1_000), checkpointEvery: .minutes(10)),
    ]
  }

  /// New learners `discriminator` and `generator` of the second stage: as published Adam with a learning rate of 2e-4 and a
  /// beta1 of 0.5 each.
  public func learners() -> [Learner] { learners { optimizer(learningRate: configuration.learningRate) } }

  private func pretrainingOptimizer() -> Optimizer {
    optimizer(learningRate: configuration.pretrainingLearningRate ?? configuration.learningRate)
  }

  private func optimizer(learningRate: Float) -> Optimizer {
    configuration.optimizer.make { Adam(learningRate: learningRate, beta1: configuration.beta1) }
  }

  public func step(_ batch: Batch, _ context: StepContext) throws -> Measurements {
    context.stage == "pretrain"
      ? pixelStep(small: batch["small"], large: batch["large"], context)
      : try adversarialStep(small: batch["small"], large: batch["large"], context)
  }

  /// One step of the generator down the error of its pixels: SRResNet.
  ///
  /// - Returns: `loss`.
  public func pixelStep(small: Tensor, large: Tensor, _ context: StepContext) -> Measurements {
    let loss = pixelLoss(generator(small), large)
    context.minimize(loss, "pretraining")
    memory.average?.follow(generator)
    return Measurements(["loss": loss])
  }

  /// One step of both networks: the discriminator on large and generated images, then the generator on its content loss
  /// plus `adversarialWeight` times what the game gives it.
  ///
  /// - Returns: As of every adversarial step, and `content`.
  public func adversarialStep(small: Tensor, large: Tensor, _ context: StepContext) throws -> Measurements {
    try adversarialStep(large, from: small, context) { generated, large in
      AdversarialContent("content", contentLoss(generated, large), gameWeight: configuration.adversarialWeight)
    }
  }

  /// How far generated images are from their originals in what the second stage goes by, weighted: features or pixels, and the
  /// images reduced again.
  private func contentLoss(_ generated: Tensor, _ large: Tensor) -> Tensor {
    let loss = featureLoss(generated, large), weight = configuration.consistencyWeight
    guard weight > 0 else { return loss }
    func reduced(_ images: Tensor) -> Tensor { images.averagePooled(size: [configuration.scale, configuration.scale]) }
    return loss + weight * Loss.meanSquaredError(reduced(generated), reduced(large))
  }

  private func featureLoss(_ generated: Tensor, _ large: Tensor) -> Tensor {
    guard let content else { return pixelLoss(generated, large) }
    func features(_ images: Tensor) -> Tensor { content(VGG.preprocessed(images, from: -1...1)) }
    return configuration.contentWeight * Loss.meanSquaredError(features(generated), withoutGradient { features(large) })
  }

  private func pixelLoss(_ generated: Tensor, _ large: Tensor) -> Tensor {
    switch configuration.pixelLoss {
    case .squared: Loss.meanSquaredError(generated, large)
    case .absolute: (generated - large).absolute().mean()
    }
  }

  /// The pixels' error (`loss`, and `content` in the second stage) and the mean peak signal-to-noise ratio of the images in
  /// decibels, `psnr`, on red, green and blue without cutting edges off.
  public func evaluate(_ batch: Batch, in stage: Stage, using _: RandomGenerator) -> Measurements? {
    evaluating {
      withoutGradient {
        let large = batch["large"], generated = sampler(batch["small"])
        let errors = (generated - large).squared().mean(axes: [1, 2, 3])
        // The range is 2 wide.
        let ratio = (4 / (errors + 1e-10)).log() * Float(10 / 2.302585092994046)
        var measured = Measurements()
        if stage.name == "pretrain" {
          measured.add("loss", pixelLoss(generated, large))
        } else {
          measured.add("content", contentLoss(generated, large))
        }
        measured.add("psnr", ratio.mean())
        return measured
      }
    }
  }

  /// Held images four ways, a row each: the small one, enlarged by bicubic interpolation, by the model, and the original.
  public func samples(_ noise: FixedNoise, of held: (any Dataset)?, in stage: Stage) throws -> [Sample] {
    guard let held else { return [] }
    let count = min(6, held.count), side = configuration.largeShape
    var rows = [Float]()
    for start in stride(from: 0, to: count, by: noise.batchSize) {
      let range = start..<min(count, start + noise.batchSize), batch = try held.batch(range, of: inputs)
      let small = batch.arrays["small"]!, large = batch.arrays["large"]!
      let ours = try evaluating { try withoutGradient { try sampler(Batch(batch, on: device)["small"]).scalars() } }
      for image in 0..<range.count {
        func pixels(_ values: [Float], _ shape: [Int]) -> [Float] {
          let size = shape.reduce(1, *)
          return (-1...1).movedToUnit(Array(values[image * size..<(image + 1) * size]))
        }
        let low = Picture.grid(
          pixels(small.values, configuration.smallShape), shape: Shape([1] + configuration.smallShape), padding: 0)
        for filter in [ResizeFilter.box, .bicubic] {
          rows += low.resized(width: side[1], height: side[0], by: filter).pixels.map { Float($0) / 255 }
        }
        rows += pixels(ours, side) + pixels(large.values, side)
      }
    }
    let picture = Picture.grid(rows, shape: Shape([4 * count] + side), columns: 4)
    return [Sample("samples", picture.withColumnNames(["small", "bicubic", "ours", "original"]))]
  }
}

// MARK: - The content network

extension SRGAN {
  /// Finds the weights of the content network. Where those of VGG16 are not at hand and nobody named a file, pixels are compared,
  /// which is said.
  public static func resolved(_ configuration: Configuration, notice: (String) -> Void) throws -> Configuration {
    var resolved = configuration
    guard configuration.contentWeights == nil else { return configuration }
    switch configuration.contentNetwork {
    case .pixels: return configuration
    case .vgg19:
      throw ConfigurationError(
        "contentWeights",
        "no package has the weights of VGG19; name the file that Keras keeps as "
          + "~/.keras/models/vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5")
    case .vgg16:
      do {
        let file = try PretrainedWeights.vgg16.locate()
        resolved.contentWeights = file.path
        notice("content loss: \(configuration.contentLayer) of \(PretrainedWeights.vgg16.network), \(file.path)")
      } catch {
        resolved.contentNetwork = .pixels
        notice("note: the second stage will compare pixels, not features: \(error)")
      }
      return resolved
    }
  }

  public func loadPretrainedWeights() throws {
    guard let variant = configuration.contentNetwork.variant, let file = configuration.contentWeights else { return }
    content = Frozen(
      try VGG(variant, weights: URL(fileURLWithPath: file), through: configuration.contentLayer, on: device))
  }
}
