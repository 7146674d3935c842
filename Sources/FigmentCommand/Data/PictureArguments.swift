import ArgumentParser
import Figment
import Files
import Foundation

/// `--size 64`, `--size 64x48` (height, width) or `--size 64x48x3` (channels too).
struct ImageSize: ExpressibleByArgument {
  let height: Int
  let width: Int
  let channels: Int?

  init?(argument: String) {
    let numbers = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...3).contains(numbers.count), numbers.allSatisfy({ $0.map { $0 > 0 && $0 <= 4096 } ?? false }) else { return nil }
    (height, width) = (numbers[0]!, (numbers.count > 1 ? numbers[1] : numbers[0])!)
    channels = numbers.count > 2 ? numbers[2] : nil
    if let channels, channels != 1, channels != 3 { return nil }
  }
}

extension ResizeFilter: ExpressibleByArgument {}

extension PictureCrop: ExpressibleByArgument {
  public init?(argument: String) { self.init(rawValue: argument == "center" ? "centre" : argument) }
}

/// How pictures of any size become images of one: for training.
struct PictureArguments: ParsableArguments {
  @Option(
    help: """
      The size of the model's images: 64 for 64×64 pixels, 64x48 for a height and a width, 64x48x1 for grey ones. Pictures are \
      brought to it; of a model that enlarges, it is the small images' size. Default: as in the preset.
      """)
  var size: ImageSize?

  @Option(
    help: .init(
      """
      How pictures are resized, smoothed where they are reduced; matlab is bicubic as MATLAB's imresize. Default: bilinear; \
      bicubic for a model that enlarges.
      """, valueName: "filter"))
  var resize: ResizeFilter?

  @Option(
    help: .init(
      """
      Which part of pictures of other proportions is used: their centre, all of it stretched (fit), or another place each \
      time, of pictures an eighth larger (random). Default: centre. A model that enlarges learns from crops at random places.
      """, valueName: "part"))
  var crop: PictureCrop?

  @Flag(help: "Mirror every other picture, at random. A model that enlarges always has crops mirrored and turned.")
  var flip = false

  /// The options that were given, by name.
  var given: [(String, Any?)] { [("size", size), ("resize", resize), ("crop", crop), ("flip", flip ? true : nil)] }

  /// How pictures come to a model's inputs.
  func settings(for inputs: [Field]) throws -> PictureSettings {
    guard CropShape(inputs) != nil else {
      return PictureSettings(resize: resize ?? .bilinear, crop: crop ?? .centre, flip: flip)
    }
    if let crop, crop != .random {
      throw UsageError("the model learns from crops of photographs at random places; leave out --crop \(crop.rawValue)")
    }
    return PictureSettings(resize: resize ?? .bicubic, crop: .random, flip: true)
  }

  /// A model's configuration with images of `--size`.
  func sized<Configuration: ModelConfiguration>(
    _ configuration: Configuration, inputs: @autoclosure () -> [Field]
  ) throws -> Configuration {
    guard let size else { return configuration }
    let inputs = inputs(), crops = CropShape(inputs)
    guard let image = inputs.first(where: { $0.name == (crops == nil ? "image" : "small") }), image.shape.count == 3 else {
      throw UsageError("the model takes no images, so --size means nothing to it")
    }
    let shape = [size.height, size.width, size.channels ?? image.shape[2]]
    if shape == image.shape { return configuration }
    if crops != nil, shape[2] != 3 { throw UsageError("the model takes color pictures only; give --size \(shape[0])x\(shape[1])") }
    let (name, value) = crops == nil ? ("imageShape", shape) : ("imageSize", Array(shape.prefix(2)))
    do {
      return try Configuration.decode(Array("{\"\(name)\": \(value)}".utf8), over: configuration, source: "--size")
    } catch let error as JSONError where error.problem.hasPrefix("there is no such field") {
      throw UsageError("the model takes images \(image.shape) and no others; leave out --size")
    }
  }
}
