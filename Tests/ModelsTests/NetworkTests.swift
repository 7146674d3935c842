import Backends
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// The networks against the numbers of parameters that Keras counts in them, and against the shapes that
/// were published.
@Suite struct NetworkTests {
  private let published: [String: Int]
  private let shapes = Device(ShapeBackend())

  init() throws {
    let file = try Data(contentsOf: fixtureURL("parameter_counts.json"))
    let counts = try #require(try JSONSerialization.jsonObject(with: file) as? [String: Any])
    published = counts.compactMapValues { $0 as? Int }
  }

  private func expectCounts(_ name: String, _ networks: [String: Module]) throws {
    for (network, module) in networks {
      #expect(module.parameterCount == (try #require(published["\(name).\(network)"])), "\(name), \(network)")
    }
  }

  @Test func denseGAN() throws {
    let model = DenseGAN(on: shapes, seed: 0)
    try expectCounts("gan", ["generator": model.generator, "discriminator": model.discriminator])
    let vanilla = DenseGAN(.vanilla, on: shapes, seed: 0)
    try expectCounts("gan.vanilla", ["generator": vanilla.generator, "discriminator": vanilla.discriminator])
  }

  @Test func deepConvolutionalGAN() throws {
    let model = DCGAN(.published, on: shapes, seed: 0)
    try expectCounts("dcgan", ["generator": model.generator, "discriminator": model.discriminator])
    let rows = DCGAN.summary(.init()).rows
    #expect(rows.filter { $0.type.hasPrefix("UpSampling") }.map(\.outputShape) == [[16, 16, 256], [32, 32, 128], [64, 64, 64]])
    #expect(rows.first { $0.type.hasPrefix("Flatten") }?.outputShape == [18_432])
  }

  @Test func ageConditionalGAN() throws {
    let model = AgeConditionalGAN(on: shapes, seed: 0)
    try expectCounts(
      "age-cgan",
      ["encoder": model.encoder, "generator": model.generator, "discriminator": model.discriminator])
  }

  @Test func voxelGAN() throws {
    let model = VoxelGAN(on: shapes, seed: 0)
    try expectCounts("gan3d", ["generator": model.generator, "discriminator": model.discriminator])
    let volumes = VoxelGAN.summary(.init()).rows.filter { $0.type.hasPrefix("Conv") }.map(\.outputShape)
    #expect(
      volumes == [
        [4, 4, 4, 512], [8, 8, 8, 256], [16, 16, 16, 128], [32, 32, 32, 64], [64, 64, 64, 1],
        [32, 32, 32, 64], [16, 16, 16, 128], [8, 8, 8, 256], [4, 4, 4, 512], [1, 1, 1, 1],
      ])
  }

  @Test func superResolutionGAN() throws {
    let model = SRGAN(on: shapes, seed: 0)
    try expectCounts("srgan", ["generator": model.generator, "discriminator": model.discriminator])
    let rows = SRGAN.summary(.init()).rows
    #expect(rows.first { $0.name.hasPrefix("discriminator") }?.outputShape == [256, 256, 64])
    #expect(rows.last?.outputShape == [16, 16, 1])
  }

  /// The paper's generator: 16 blocks of 64 channels, each rectifier with a slope a channel.
  @Test func superResolutionAsInThePaper() {
    var configuration = SRGAN.Configuration()
    configuration.upsampler = .pixelShuffle
    configuration.rectifier = .prelu
    let model = SRGAN(configuration, on: shapes, seed: 0)
    let convolution = 3 * 3 * 64 * 64 + 64, normalization = 4 * 64
    let block = 2 * convolution + 2 * normalization + 64
    let upsampling = 3 * 3 * 64 * 256 + 256 + 64
    let expected =
      (9 * 9 * 3 * 64 + 64 + 64) + 16 * block + (convolution + normalization) + 2 * upsampling + (9 * 9 * 64 * 3 + 3)
    #expect(model.generator.parameterCount == expected)
    let rows = SRGAN.summary(configuration).rows
    #expect(rows.filter { $0.type.hasPrefix("PixelShuffle") }.map(\.outputShape) == [[128, 128, 64], [256, 256, 64]])
  }

  /// The first convolution behind an upsampling has as many channels as the body, the next as the one before.
  @Test(arguments: [64, 20]) func superResolutionWithFewerUpsampledChannels(channels: Int) {
    var configuration = SRGAN.Configuration()
    let usual = SRGAN(configuration, on: shapes, seed: 0).generator
    configuration.upsampledChannels = channels
    let fewer = SRGAN(configuration, on: shapes, seed: 0).generator
    func tail(_ channels: Int) -> Int {
      (9 * 64 * channels + channels) + (9 * channels * channels + channels) + (9 * 9 * channels * 3 + 3)
    }
    #expect(fewer.tail.parameterCount == tail(channels) && usual.tail.parameterCount == tail(256))
    let body = usual.parameterCount - usual.tail.parameterCount
    #expect(fewer.parameterCount - fewer.tail.parameterCount == body)
  }

  @Test func configurationsThatMakeNoNetworkAreRefused() {
    func problem(_ validate: () throws(ConfigurationError) -> Void) -> String? {
      do { try validate() } catch { return error.field }
      return nil
    }
    var dcgan = DCGAN.Configuration()
    dcgan.imageShape = [60, 64, 3]
    #expect(problem(dcgan.validate) == "imageShape")
    var voxels = VoxelGAN.Configuration()
    voxels.latentDeviation = 0
    #expect(problem(voxels.validate) == "latentDeviation")
    var srgan = SRGAN.Configuration()
    srgan.imageSize = [64, 30]
    #expect(problem(srgan.validate) == "imageSize")
    (srgan.imageSize, srgan.upsampledChannels) = ([64, 64], 0)
    #expect(problem(srgan.validate) == "upsampledChannels")
    (srgan.upsampledChannels, srgan.consistencyWeight) = (64, -1)
    #expect(problem(srgan.validate) == "consistencyWeight")
    var gan = DenseGAN.Configuration()
    gan.generatorUnits = [256, 0]
    #expect(problem(gan.validate) == "generatorUnits")
    var faces = AgeConditionalGAN.Configuration()
    faces.dropoutRate = 1
    #expect(problem(faces.validate) == "dropoutRate")
  }
}
