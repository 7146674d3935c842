import Backends
import Datasets
import Foundation
import Layers
import Pictures
import Tensors

/// A model that makes samples from latents.
public protocol LatentVariableModel: TrainableModel {
  /// Of one latent, without the batch dimension.
  var latentShape: [Int] { get }
  /// What `decode` gives: the shape of one sample, and where its values lie.
  var output: Field { get }
  /// `[count] + latentShape` from the distribution that samples are drawn from.
  func drawLatents(_ count: Int, using generator: RandomGenerator) -> Tensor
  /// Latents `[N] + latentShape` to samples `[N] + output.shape`.
  func decode(_ latents: Tensor) -> Tensor
  /// A latent as one of the same class as another, of a model with classes.
  func conditioned(_ latent: [Float], like other: [Float]) -> [Float]
  /// What the model has learnt at a glance, for who asks for no number of samples.
  ///
  /// - Parameter scale: How many pixels, each way, show one of a sample; as many as make a picture of some size if nil.
  func overview(_ noise: FixedNoise, scale: Int?) throws -> Picture
  /// `[height, width, channels]` of the picture of one sample; that of the sample itself, if it is an image.
  var pictureShape: [Int] { get }
  /// Samples `[N] + output.shape` with values in [0, 1] as pictures `[N] + pictureShape`, in [0, 1] too.
  func pictures(of samples: HostArray) -> [Float]
}

extension LatentVariableModel {
  public func conditioned(_ latent: [Float], like _: [Float]) -> [Float] { latent }
  public var pictureShape: [Int] { output.shape }
  public func pictures(of samples: HostArray) -> [Float] { samples.values }

  /// A hundred samples.
  public func overview(_ noise: FixedNoise, scale: Int?) throws -> Picture {
    try grid(of: drawLatents(100, using: noise.generator), scale: scale, batchSize: noise.batchSize)
  }

  /// Decodes at most `batchSize` latents at a time, in evaluation mode, and hands over what comes out, moved into [0, 1].
  public func decode(_ latents: Tensor, batchSize: Int, _ consume: (HostArray) throws -> Void) throws {
    let range = output.range ?? 0...1, count = latents.shape[0]
    for start in stride(from: 0, to: count, by: batchSize) {
      let end = min(count, start + batchSize)
      let samples = evaluating { withoutGradient { decode(latents.sliced(start..<end)) } }
      try consume(HostArray(range.movedToUnit(try samples.scalars()), shape: samples.shape.dimensions))
    }
  }

  /// Samples in rows, left to right and top to bottom.
  ///
  /// - Parameters:
  ///   - columns: Samples in a row; as near to a square as they come if nil.
  ///   - scale: How many pixels, each way, show one of a sample; small grids are enlarged if nil.
  /// - Throws: What the device throws; `PictureError` if the picture would be too large.
  public func grid(
    of latents: Tensor, columns: Int? = nil, scale: Int? = nil, padding: Int = 2, batchSize: Int
  ) throws -> Picture {
    let count = latents.shape[0]
    let scale = scale ?? Picture.gridScale(count: count, imageShape: pictureShape, columns: columns)
    try PictureGrid.requireSize(count: count, imageShape: pictureShape, columns: columns, scale: scale, padding: padding)
    var grid = PictureGrid(count: count, imageShape: pictureShape, columns: columns, scale: scale, padding: padding)
    try decode(latents, batchSize: batchSize) { grid.append(pictures(of: $0)) }
    return grid.picture
  }

  /// Rows of `steps` samples on the way between two latents each.
  public func interpolation(rows: Int = 1, steps: Int = 10, scale: Int? = nil, _ noise: FixedNoise) throws -> Picture {
    try grid(
      of: interpolatedLatents(rows: rows, steps: steps, noise), columns: steps, scale: scale, batchSize: noise.batchSize)
  }

  /// `[rows · steps] + latentShape`, on the way between two latents in each row.
  public func interpolatedLatents(rows: Int, steps: Int = 10, _ noise: FixedNoise) throws -> Tensor {
    let ends = try drawLatents(2 * rows, using: noise.generator).scalars(), size = latentShape.reduce(1, *)
    let latents = (0..<rows).flatMap { row in
      let from = Array(ends[2 * row * size..<(2 * row + 1) * size])
      let to = Array(ends[(2 * row + 1) * size..<(2 * row + 2) * size])
      return (0..<steps).flatMap { step -> [Float] in
        let fraction = steps == 1 ? 0 : Double(step) / Double(steps - 1)
        return conditioned(sphericalInterpolation(from, to, fraction: fraction), like: from)
      }
    }
    return Tensor(latents, shape: Shape([rows * steps] + latentShape), on: device)
  }
}

/// Between two vectors along the great circle: as long as they are, where the straight line would pass close to 0, from
/// where a normal distribution hardly ever draws (White, 2016).
func sphericalInterpolation(_ from: [Float], _ to: [Float], fraction: Double) -> [Float] {
  func dot(_ left: [Float], _ right: [Float]) -> Double { zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) } }
  let lengths = (dot(from, from) * dot(to, to)).squareRoot()
  let angle = lengths > 0 ? acos(max(-1, min(1, dot(from, to) / lengths))) : 0
  // Vectors that point the same way, or opposite ways, have no great circle of their own.
  let isStraight = sin(angle) < 1e-6
  let first = isStraight ? 1 - fraction : sin((1 - fraction) * angle) / sin(angle)
  let second = isStraight ? fraction : sin(fraction * angle) / sin(angle)
  return zip(from, to).map { Float(first * Double($0) + second * Double($1)) }
}
