import CPUBackend
import Interchange
import Layers
import Tensors
import TestSupport
import Testing

@testable import Backbones

@Suite struct FrozenNetworkTests {
  /// As a recipe holds a feature network.
  private final class Holder: Module {
    let own: Conv2D
    let features: Frozen<InceptionV3>

    init(in context: LayerContext) throws {
      own = Conv2D(inputChannels: 3, outputChannels: 3, kernelSize: 1, in: context)
      features = Frozen(try InceptionV3(through: "max_pooling2d", in: context))
    }
  }

  @Test func aFeatureNetworkIsNoPartOfTheModelThatUsesIt() throws {
    let context = LayerContext(device: Device(CPUBackend()), generator: RandomGenerator(seed: 1))
    let holder = try Holder(in: context)
    #expect(holder.namedParameters().map(\.name) == ["own.weight", "own.bias"])
    #expect(holder.parameterCount == 12)
    holder.train()
    #expect(holder.features.module.namedModules().allSatisfy { !$0.module.isTraining })
    let statistics = try holder.features.module.parameters.map { try $0.value.scalars() }

    let images = Tensor.randomUniform([1, 75, 75, 3], using: context.generator, on: context.device).tracked()
    let input = holder.own(images)
    let found = gradients(of: holder.features(input).sum(), withRespectTo: [images, holder.own.weight.value])
    for gradient in found { #expect(try gradient.scalars().contains { $0 != 0 }) }
    #expect(try holder.features.module.parameters.map { try $0.value.scalars() } == statistics)
  }

  @Test func anyLayerCanBeTheOutputAndNothingBehindItIsMade() throws {
    let context = LayerContext(device: Device(CPUBackend()), generator: RandomGenerator(seed: 1))
    let whole = try VGG(.vgg19, in: context)
    #expect(whole.layerNames == VGG.Variant.vgg19.layerNames && whole.layerNames.last == "block5_pool")
    #expect(whole.parameterCount == 20_024_384)
    let part = try VGG(.vgg16, through: "block3_conv3", in: context)
    #expect(part.layerNames.last == "block3_conv3" && part.parameterCount == 1_735_488)
    let error = #expect(throws: BackboneError.self) { try VGG(.vgg16, through: "block3_conv4", in: context) }
    #expect("\(error!)" == "VGG16 has no layer “block3_conv4”; did you mean “block3_conv1”?")
    #expect(throws: BackboneError.self) { try InceptionResNetV2(through: "mixed_9", in: context) }
  }

  @Test func imagesOfAnyRangeAreTurnedIntoWhatTheNetworkWasTrainedOn() throws {
    let device = Device(CPUBackend())
    let bytes: [Float] = [0, 128, 255]
    func close(_ first: Tensor, _ second: Tensor) throws {
      expectClose(try first.scalars(), try second.scalars(), tolerance: 1e-5, "preprocessed")
    }
    let images = Tensor(bytes, shape: [1, 1, 1, 3], on: device)
    let unit = images / 255, signed = images / 127.5 - 1
    #expect(try VGG.preprocessed(images).scalars() == [255 - 103.939, 128 - 116.779, -123.68])
    try close(VGG.preprocessed(unit, from: 0...1), VGG.preprocessed(images))
    try close(VGG.preprocessed(signed, from: -1...1), VGG.preprocessed(images))
    try close(InceptionV3.preprocessed(images), signed)
    try close(InceptionV3.preprocessed(unit, from: 0...1), signed)
    #expect(try InceptionV3.preprocessed(signed, from: -1...1).scalars() == signed.scalars())
  }
}
