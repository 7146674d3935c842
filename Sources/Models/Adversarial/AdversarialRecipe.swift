import Backends
import Datasets
import Layers
import Pictures
import Tensors

// What the recipes of GANs have in common that nothing conditions.

extension LatentVariableModel where Self: AdversarialModel {
  /// Images, if the model says nothing else.
  public var output: Field { Field("image", shape: sampleShape, range: sampleRange) }
  public var inputs: [Field] { [output] }
  /// The latents themselves.
  public var noiseShape: [Int] { latentShape }

  /// Samples of the moving average of the generator, if there is one.
  public func decode(_ latents: Tensor) -> Tensor { generate(latents, labels: nil, by: sampler) }

  public func step(_ batch: Batch, _ context: StepContext) throws -> Measurements {
    try adversarialStep(batch[output.name], context)
  }

  /// Nothing: neither network has a loss that says how good the samples are.
  public func evaluate(_: Batch, in _: Stage, using _: RandomGenerator) -> Measurements? { nil }

  /// A 5×5 grid and the way between two latents.
  public func samples(_ noise: FixedNoise, of _: (any Dataset)?, in _: Stage) throws -> [Sample] {
    let latents = drawLatents(25, using: noise.generator)
    return [
      Sample("samples", try grid(of: latents, columns: 5, batchSize: noise.batchSize)),
      Sample("interpolation", try interpolation(noise)),
    ]
  }
}
