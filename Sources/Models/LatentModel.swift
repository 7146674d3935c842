import Backends
import Datasets
import Foundation
import Layers
import Pictures
import Tensors

/// A model with an encoder to a latent vector and a decoder back.
public protocol LatentModel: LatentVariableModel {
  /// How many numbers a latent has.
  var latentSize: Int { get }
  /// `[height, width, channels]`.
  var imageShape: [Int] { get }
  /// Images to the latents that stand for them, `[N, latentSize]`.
  func encode(_ images: Tensor) -> Tensor
  /// What a standard normal variable becomes in the distribution that latents are drawn from.
  func latents(fromStandardNormal coordinates: Tensor) -> Tensor
}

extension LatentModel {
  public var latentShape: [Int] { [latentSize] }
  public var inputs: [Field] { [output] }
  /// Images in [0, 1].
  public var output: Field { Field("image", shape: imageShape, range: 0...1) }

  public func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor {
    latents(fromStandardNormal: .randomNormal([count, latentSize], using: generator, on: device))
  }

  /// The manifold of up to two latents, else a hundred samples.
  public func overview(_ noise: FixedNoise, scale: Int?) throws -> Picture {
    if latentSize <= 2 { return try manifold(scale: scale, batchSize: noise.batchSize) }
    return try grid(of: drawLatents(100, using: noise.generator), scale: scale, batchSize: noise.batchSize)
  }

  /// A `side` × `side` grid of decoded latents, one row if there is one latent only, with the latents on its axes. They are
  /// the normal quantiles of `side` probabilities from 0.05 to 0.95, in the distribution that latents are drawn from. The
  /// first latent grows to the right, the second upwards; others stay at their mean.
  ///
  /// - Parameters:
  ///   - scale: How many pixels, each way, show one of an image; as many as make a picture of some size if nil.
  ///   - batchSize: How many are decoded at a time.
  public func manifold(side: Int = 15, scale: Int? = nil, batchSize: Int = 32) throws -> Picture {
    let steps = (0..<side).map { index in
      side == 1 ? 0 : Float(normalQuantile(0.05 + 0.9 * Double(index) / Double(side - 1)))
    }
    let rows = latentSize > 1 ? side : 1
    var coordinates = [Float](repeating: 0, count: rows * side * latentSize)
    for row in 0..<rows {
      for column in 0..<side {
        let start = (row * side + column) * latentSize
        coordinates[start] = steps[column]
        if latentSize > 1 { coordinates[start + 1] = steps[side - 1 - row] }
      }
    }
    let points = latents(
      fromStandardNormal: Tensor(coordinates, shape: [rows * side, latentSize], on: device))
    let values = try points.scalars()
    let horizontal = GridAxis("first latent", (0..<side).map { values[$0 * latentSize] })
    let vertical = GridAxis("second latent", (0..<rows).map { values[$0 * side * latentSize + min(1, latentSize - 1)] })
    return try grid(of: points, columns: side, scale: scale, padding: 0, batchSize: batchSize)
      .withAxes(horizontal: horizontal, vertical: latentSize > 1 ? vertical : nil)
  }

  /// Reconstructions of held samples, the manifold of up to two latents, and a scatter plot of the first two latents of
  /// held samples.
  public func samples(_ noise: FixedNoise, of held: (any Dataset)?, in stage: Stage) throws -> [Sample] {
    var samples = [Sample]()
    if let held {
      samples.append(Sample("reconstructions", try reconstructions(of: held, batchSize: noise.batchSize)))
    }
    if latentSize <= 2 { samples.append(Sample("manifold", try manifold(batchSize: noise.batchSize))) }
    if latentSize >= 2, let held {
      samples.append(Sample("latents", try latentScatter(of: held, batchSize: noise.batchSize)))
    }
    return samples
  }

  /// The first images of a data set, each above its reconstruction.
  public func reconstructions(of images: some Dataset, count: Int = 20, batchSize: Int = 32) throws -> Picture {
    let count = min(count, images.count)
    var originals = [Float](), rebuilt = [Float]()
    try forEachBatch(of: images, count: count, batchSize: batchSize) { batch, values in
      originals += values
      rebuilt += try decode(encode(batch)).scalars()
    }
    let columns = 10
    return .reconstructions(
      originals: originals, reconstructions: rebuilt, shape: Shape([count] + imageShape), columns: columns,
      scale: Picture.gridScale(count: 2 * count, imageShape: imageShape, columns: min(columns, count)),
      rowNames: ("original", "reconstruction"))
  }

  /// The first two latents of up to `count` images, coloured by label.
  public func latentScatter(of images: some Dataset, count: Int = 5_000, batchSize: Int = 32) throws -> Picture {
    let count = min(count, images.count), label = images.field("label")
    var points = [(x: Float, y: Float)](), classes = [Int]()
    try forEachBatch(of: images, count: count, batchSize: batchSize) { batch, _ in
      let latents = try encode(batch).scalars()
      points += stride(from: 0, to: latents.count, by: latentSize).map { (latents[$0], latents[$0 + 1]) }
    }
    if let label { classes = try images.batch(0..<count, of: [label]).arrays["label"]!.values.map { Int($0) } }
    var plot = ScatterPlot(points, classes: label == nil ? nil : classes, classNames: label?.classNames)
    plot.title = "Latents of \(count) images"
    plot.horizontalName = "first latent"
    plot.verticalName = "second latent"
    return plot.picture()
  }

  /// The first `count` images, at most `batchSize` at a time, in evaluation mode.
  private func forEachBatch(
    of images: some Dataset, count: Int, batchSize: Int, _ body: (_ batch: Tensor, _ values: [Float]) throws -> Void
  ) throws {
    for start in stride(from: 0, to: count, by: batchSize) {
      let batch = try images.batch(start..<min(count, start + batchSize), of: inputs)
      let values = batch.arrays["image"]!.values
      try evaluating { try withoutGradient { try body(Batch(batch, on: device)["image"], values) } }
    }
  }
}

extension VariationalAutoencoder: LatentModel {
  public var latentSize: Int { configuration.latentSize }
  public var imageShape: [Int] { configuration.imageShape }

  /// The means of the images' latent distributions.
  public func encode(_ images: Tensor) -> Tensor { encoder(images).mean }

  /// The prior is the standard normal itself.
  public func latents(fromStandardNormal coordinates: Tensor) -> Tensor { coordinates }
}

extension ConvolutionalAutoencoder: LatentModel {
  public var latentSize: Int { configuration.latentSize }
  public var imageShape: [Int] { configuration.imageShape }

  public func encode(_ images: Tensor) -> Tensor { encoder(images) }

  public func decode(_ latents: Tensor) -> Tensor { decoder(latents) }

  /// A normal distribution of the latents' own mean and deviation.
  public func latents(fromStandardNormal coordinates: Tensor) -> Tensor {
    latents.mean.value.detached() + coordinates * latents.variance.value.detached().squareRoot()
  }
}
