import Backends
import Layers
import Tensors

extension AgeConditionalGAN {
  /// The latents that the encoder, in evaluation mode, finds of images `[N, 64, 64, 3]` in [−1, 1], row-major: `[N, latentSize]`.
  public func encoded(_ images: [Float], batchSize: Int) throws -> Tensor {
    let size = sampleShape.reduce(1, *), count = images.count / size
    let latents = try stride(from: 0, to: count, by: batchSize).flatMap { start -> [Float] in
      let part = Array(images[start * size..<min(count, start + batchSize) * size])
      return try evaluating {
        try withoutGradient { try encode(Tensor(part, shape: Shape([part.count / size] + sampleShape), on: device)).scalars() }
      }
    }
    return Tensor(latents, shape: [count, configuration.latentSize], on: device)
  }

  /// Latents of which the generator, in evaluation mode, makes the faces of `images`, by Adam: what the paper does for each
  /// picture, where the stage `identity` teaches the encoder once. Near are faces that the face network takes for the same
  /// person's; without one that has learnt, those whose pixels are.
  ///
  /// - Parameters:
  ///   - latents: Where to begin, `[N, latentSize]`: what the encoder finds, or zeros.
  ///   - images: `[N, 64, 64, 3]` in [−1, 1].
  ///   - labels: Age groups of the images, `[N]`, counted from 0.
  ///   - progress: Called before each step with its number.
  /// - Returns: `[N, latentSize]`, of each the best that was met.
  public func optimized(
    _ latents: Tensor, for images: Tensor, labels: Tensor, steps: Int = 100, learningRate: Float = 0.05,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> Tensor {
    let features = try learntFaceFeatures() ?? { $0.reshaped(to: [$0.shape[0], -1]) }
    let count = latents.shape[0], size = configuration.latentSize
    let parameter = Parameter(latents), optimizer = Adam(learningRate: learningRate)
    return try evaluating {
      let wanted = withoutGradient { features(images) }
      func distances() -> Tensor {
        let made = features(generate(parameter.value, labels: labels, by: sampler))
        return ((made - wanted).squared().sum(axes: [1]) + 1e-8).squareRoot()
      }
      var best = [Float](repeating: .infinity, count: count), found = try latents.scalars()
      func keep(_ distances: Tensor) throws {
        let values = try parameter.value.scalars()
        for (face, distance) in try distances.scalars().enumerated() where distance < best[face] {
          best[face] = distance
          found.replaceSubrange(face * size..<(face + 1) * size, with: values[face * size..<(face + 1) * size])
        }
      }
      for step in 0..<steps {
        try progress(step)
        let distances = distances()
        try keep(distances)
        optimizer.update([parameter], gradients: gradients(of: distances.sum(), withRespectTo: [parameter.value]))
      }
      try keep(withoutGradient { distances() })
      return Tensor(found, shape: [count, size], on: device)
    }
  }
}
