import Backends
import Datasets
import Foundation
import Layers
import Pictures
import Tensors

/// A model with an encoder to a latent vector and a decoder back.
public protocol LatentModel: TrainableModel {
  var latentSize: Int { get }
  /// Images to the latents that stand for them, `[N, latentSize]`.
  func encode(_ images: Tensor) -> Tensor
  /// Latents to images in [0, 1].
  func decode(_ latents: Tensor) -> Tensor
  /// What a standard normal variable becomes in the distribution that latents are drawn from.
  func latents(fromStandardNormal coordinates: Tensor) -> Tensor
}

extension LatentModel {
  /// A `side` × `side` grid of decoded latents, whose coordinates on each axis are the normal quantiles of
  /// `side` probabilities from 0.05 to 0.95. The first latent grows to the right, the second upwards; others
  /// stay at their mean.
  public func manifold(side: Int = 15) throws -> Picture {
    let steps = (0..<side).map { index in
      side == 1 ? 0 : Float(normalQuantile(0.05 + 0.9 * Double(index) / Double(side - 1)))
    }
    var coordinates = [Float](repeating: 0, count: side * side * latentSize)
    for row in 0..<side {
      for column in 0..<side {
        let start = (row * side + column) * latentSize
        coordinates[start] = steps[column]
        if latentSize > 1 { coordinates[start + 1] = steps[side - 1 - row] }
      }
    }
    let points = Tensor(coordinates, shape: [side * side, latentSize], on: device)
    return try picture(of: latents(fromStandardNormal: points), columns: side, padding: 0)
  }

  public func generate(count: Int?, using generator: RandomGenerator) throws -> Picture {
    guard let count else {
      if latentSize <= 2 { return try manifold() }
      return try generate(count: 100, using: generator)
    }
    let points = Tensor.randomNormal([count, latentSize], using: generator, on: device)
    return try picture(of: latents(fromStandardNormal: points))
  }

  public func pictures(of images: ImageDataset) throws -> [NamedPicture] {
    var pictures = [NamedPicture("reconstructions", try reconstructions(of: images))]
    if latentSize <= 2 { pictures.append(NamedPicture("manifold", try manifold())) }
    if latentSize >= 2 { pictures.append(NamedPicture("latents", try latentScatter(of: images))) }
    return pictures
  }

  /// The first images of a data set, each above its reconstruction.
  public func reconstructions(of images: ImageDataset, count: Int = 20) throws -> Picture {
    let count = min(count, images.count)
    let originals = images.images(at: 0..<count), shape = Shape([count] + imageShape)
    let rebuilt = try evaluating {
      try withoutGradient { try decode(encode(Tensor(originals, shape: shape, on: device))).scalars() }
    }
    return .reconstructions(originals: originals, reconstructions: rebuilt, shape: shape, scale: scale)
  }

  /// The first two latents of up to `count` images, coloured by label.
  public func latentScatter(of images: ImageDataset, count: Int = 5_000) throws -> Picture {
    let count = min(count, images.count)
    var points = [(x: Float, y: Float)]()
    for start in stride(from: 0, to: count, by: 250) {
      let range = start..<min(count, start + 250)
      let batch = Tensor(images.images(at: range), shape: Shape([range.count] + imageShape), on: device)
      let latents = try evaluating { try withoutGradient { try encode(batch).scalars() } }
      points += stride(from: 0, to: latents.count, by: latentSize).map { (latents[$0], latents[$0 + 1]) }
    }
    var plot = ScatterPlot(points, classes: images.labels(at: 0..<count), classNames: images.classNames)
    plot.title = "Latents of \(count) images"
    plot.horizontalName = "first latent"
    plot.verticalName = "second latent"
    return plot.picture()
  }

  private func picture(of latents: Tensor, columns: Int? = nil, padding: Int = 2) throws -> Picture {
    let images = evaluating { withoutGradient { decode(latents) } }
    return .grid(try images.scalars(), shape: images.shape, columns: columns, scale: scale, padding: padding)
  }

  /// Small images are drawn twice as large.
  private var scale: Int { imageShape[1] < 48 ? 2 : 1 }
}

extension VariationalAutoencoder: LatentModel {
  public var latentSize: Int { configuration.latentSize }

  /// The means of the images' latent distributions.
  public func encode(_ images: Tensor) -> Tensor { encoder(images).mean }

  /// The prior is the standard normal itself.
  public func latents(fromStandardNormal coordinates: Tensor) -> Tensor { coordinates }
}

extension ConvolutionalAutoencoder: LatentModel {
  public var latentSize: Int { configuration.latentSize }

  public func encode(_ images: Tensor) -> Tensor { encoder(images) }

  public func decode(_ latents: Tensor) -> Tensor { decoder(latents) }

  /// A normal distribution of the latents' own mean and deviation.
  public func latents(fromStandardNormal coordinates: Tensor) -> Tensor {
    latents.mean.value.detached() + coordinates * latents.variance.value.detached().squareRoot()
  }
}
