import Backends
import Layers
import Pictures
import ReferenceBackend
import Tensors
import TestSupport
import Testing

@testable import Models

/// Not on chosen devices: most of it is the reference's, and what it computes others compare there.
@Suite(.enabled(if: !TestDevices.areChosen)) struct UpscalerTests {
  static func model(
    _ upsampler: SRGAN.Configuration.Upsampler, blocks: Int = 1, on device: Device
  ) -> SRGAN {
    var configuration = SRGAN.Configuration()
    (configuration.residualBlocks, configuration.upsampler) = (blocks, upsampler)
    let model = SRGAN(configuration, on: device, seed: 3)
    model.evaluate()
    return model
  }

  /// A file with noise, and its values.
  static func picture(_ width: Int, _ height: Int, channels: Int, depth: Int) throws -> (PictureRows, [UInt16]) {
    let limit = depth == 16 ? 65535 : 255
    let values = (0..<width * height * channels).map { place in
      let (pixel, channel) = (place / channels, place % channels)
      // Smooth opacity: where values jump, Pillow rounds and clamps in between.
      if channel == channels - 1, channels.isMultiple(of: 2) { return UInt16(pixel % width * 5 + pixel / width * 3) }
      return UInt16((pixel % width * 7919 + pixel / width * 104_729 + channel * 31_337) % (limit + 1))
    }
    let writer = try PNGRowWriter(width: width, height: height, channels: channels, depth: depth, path: "test")
    return (try PictureRows(EncodedPicture(writer.encode(values), path: "test")), values)
  }

  static func enlarged(_ picture: PictureRows, by model: SRGAN, tile: Int) throws -> [UInt16] {
    var values = [UInt16]()
    try Upscaler(model, tile: tile).enlarge(picture) { values += $0 }
    return values
  }

  /// What the network makes of the picture as a whole.
  static func whole(_ values: [UInt16], _ width: Int, _ height: Int, depth: Int, by model: SRGAN) throws -> [UInt16] {
    let limit = Float(depth == 16 ? 65535 : 255)
    let images = Tensor(values.map { Float($0) * (2 / limit) - 1 }, shape: [1, height, width, 3], on: model.device)
    return try withoutGradient { model.generator(images) }.scalars().map {
      UInt16(max(0, min(limit, (($0 + 1) / 2 * limit))).rounded())
    }
  }

  static func largestDifference(_ first: [UInt16], _ second: [UInt16]) -> Int {
    first.count == second.count ? zip(first, second).map { abs(Int($0) - Int($1)) }.max() ?? 0 : .max
  }

  @Test func tilesAreTheWholeToTheBitWhereRoundingDoesNotDependOnSize() throws {
    let model = Self.model(.pixelShuffle, on: Device(ReferenceBackend()))
    let (picture, values) = try Self.picture(21, 18, channels: 3, depth: 16)
    #expect(try Self.enlarged(picture, by: model, tile: 16) == Self.whole(values, 21, 18, depth: 16, by: model))
  }

  @Test(arguments: TestDevices.all, SRGAN.Configuration.Upsampler.allCases)
  func tilesAreTheWholeOnEveryDevice(name: TestDevice, upsampler: SRGAN.Configuration.Upsampler) throws {
    let model = try Self.model(upsampler, blocks: 2, on: Device(name.backend()))
    for (width, height) in [(45, 34), (9, 40)] {
      let (picture, values) = try Self.picture(width, height, channels: 3, depth: 16)
      let whole = try Self.whole(values, width, height, depth: 16, by: model)
      // A hundredth of what eight bits tell apart.
      #expect(try Self.largestDifference(Self.enlarged(picture, by: model, tile: 16), whole) <= 3, "\(width)×\(height)")
    }
    let (picture, values) = try Self.picture(34, 18, channels: 3, depth: 8)
    let whole = try Self.whole(values, 34, 18, depth: 8, by: model)
    #expect(try Self.largestDifference(Self.enlarged(picture, by: model, tile: 16), whole) <= 1)
  }

  /// As far as is said, and no further: one pixel less would show.
  @Test(arguments: SRGAN.Configuration.Upsampler.allCases)
  func theNetworkSeesAsFarAsIsSaid(upsampler: SRGAN.Configuration.Upsampler) throws {
    let model = try Self.model(upsampler, on: Device(TestDevices.all[0].backend())), network = model.enlarging
    #expect(network.scale == 4)
    let side = 25, middle = 12, reach = network.featureReach + network.pictureReach
    func enlarged(_ change: Float) throws -> [Float] {
      var values = (0..<side * side * 3).map { Float($0 * 37 % 101) / 50 - 1 }
      values[(middle * side + middle) * 3] += change
      return try withoutGradient {
        network.pictures(network.features(Tensor(values, shape: [1, side, side, 3], on: model.device)))
      }.scalars()
    }
    let (first, second) = try (enlarged(0), enlarged(100))
    let changed = first.indices.filter { abs(first[$0] - second[$0]) > 1e-5 }.map { $0 / 3 / (4 * side) / 4 }
    let seen = changed.map { abs($0 - middle) }.max()
    #expect((reach - 2...reach).contains(seen ?? 0), "\(seen ?? 0) of \(reach)")
  }

  /// As samples are, and evaluation.
  @Test func theMovingAverageEnlargesWhereOneIsKept() throws {
    var configuration = SRGAN.Configuration()
    (configuration.residualBlocks, configuration.objective.movingAverage) = (1, 0.5)
    let model = SRGAN(configuration, on: try Device(TestDevices.all[0].backend()), seed: 3), average = model.sampler
    model.evaluate()
    for parameter in average.parameters { parameter.value = parameter.value * 0.5 }
    let (picture, values) = try Self.picture(9, 8, channels: 3, depth: 8)
    let images = Tensor(values.map { Float($0) / 127.5 - 1 }, shape: [1, 8, 9, 3], on: model.device)
    let expected = try withoutGradient { try (average(images).scalars(), model.generator(images).scalars()) }
    let enlarged = try Self.enlarged(picture, by: model, tile: 16).map { Float($0) / 127.5 - 1 }
    #expect(zip(enlarged, expected.0).allSatisfy { abs($0 - $1) < 0.01 })
    #expect(zip(enlarged, expected.1).contains { abs($0 - $1) > 0.1 })
  }

  @Test func greyOpacityAndSixteenBitsAreKept() throws {
    let model = try Self.model(.pixelShuffle, on: Device(TestDevices.all[0].backend()))
    for (channels, depth) in [(1, 8), (1, 16), (2, 8), (4, 8), (4, 16)] {
      let (picture, values) = try Self.picture(20, 18, channels: channels, depth: depth)
      let large = try Self.enlarged(picture, by: model, tile: 16)
      #expect(large.count == 80 * 72 * channels)
      let colors = channels < 3 ? 1 : 3
      let shown = (0..<20 * 18).flatMap { pixel in (0..<3).map { values[pixel * channels + (colors == 3 ? $0 : 0)] } }
      let expected = try Self.whole(shown, 20, 18, depth: depth, by: model), slack = depth == 16 ? 3 : 1
      for pixel in 0..<80 * 72 {
        let made = expected[3 * pixel..<3 * pixel + 3].map { Int($0) }
        let wanted = colors == 3 ? made : [made.reduce(0, +) / 3]
        let same = (0..<colors).allSatisfy { abs(Int(large[pixel * channels + $0]) - wanted[$0]) <= slack }
        try #require(same, "pixel \(pixel), \(channels) channels of \(depth) bits")
      }
      if picture.hasOpacity, depth == 8 {
        let opacity = Picture(
          width: 20, height: 18, channels: 1, pixels: (0..<360).map { UInt8(values[($0 + 1) * channels - 1]) }
        ).resized(width: 80, height: 72, by: .bicubic)
        #expect(opacity.pixels.indices.allSatisfy { abs(Int(opacity.pixels[$0]) - Int(large[($0 + 1) * channels - 1])) <= 1 })
      }
    }
  }

  @Test func tilesOverlapByWhatTheNetworkSeesUpToALimit() {
    let device = Device(ShapeBackend())
    let few = Upscaler(Self.model(.nearest, blocks: 16, on: device)), many = Upscaler(Self.model(.nearest, blocks: 29, on: device))
    #expect(few.isExact && few.overlap == 40 && few.scale == 4)
    #expect(!many.isExact && many.overlap == 64)
  }

  @Test func rowsComeStripByStripAndProgressEndsAtTheLastPixel() throws {
    let model = try Self.model(.pixelShuffle, on: Device(TestDevices.all[0].backend()))
    let (picture, _) = try Self.picture(5, 40, channels: 3, depth: 8)
    var strips = [Int](), progress = [Int]()
    try Upscaler(model, tile: 16).enlarge(picture) {
      progress.append($0)
    } write: {
      strips.append($0.count)
    }
    #expect(strips == [16, 16, 8].map { 4 * $0 * 20 * 3 })
    #expect(progress == [80, 160, 200])
    let (dot, _) = try Self.picture(1, 1, channels: 3, depth: 8)
    #expect(try Self.enlarged(dot, by: model, tile: 16).count == 48)
  }
}
